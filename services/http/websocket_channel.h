#pragma once

#include <memory>
#include <string_view>

#include "services/http/channel.h"
#include "services/http/websocket.h"

namespace nuri::http {

enum class WebsocketEnd { server, client };

// A websocket on a connection whose handshake is over; `unread` came right behind it.
std::unique_ptr<WebSocket> websocket_on(Channel channel, std::string_view unread, WebsocketEnd end);

}  // namespace nuri::http

import RFB from "@novnc/novnc";

import { socketAddress } from "./address";

// A server's screen. The address holds a token that is good for one connection, so a page that
// was loaded again has nothing to connect with: it says so.
const state = document.getElementById("state")!;
const keys = document.getElementById("keys") as HTMLButtonElement;
const address = socketAddress(location.href);

if (address === null) {
  state.textContent = "This address opens no console. Ask for a new one.";
} else {
  const rfb = new RFB(document.getElementById("screen")!, address, { wsProtocols: ["binary"] });
  rfb.scaleViewport = true;
  rfb.addEventListener("connect", () => {
    state.textContent = "Connected";
    keys.disabled = false;
    rfb.focus();
  });
  rfb.addEventListener("desktopname", (event) => {
    document.title = (event as CustomEvent<{ name: string }>).detail.name;
  });
  rfb.addEventListener("disconnect", () => {
    state.textContent = "Not connected. The address is good for one connection; ask for a new one.";
    keys.disabled = true;
  });
  keys.addEventListener("click", () => rfb.sendCtrlAltDel());
}

/** Where the screen's websocket is: the page's `path` parameter, on the page's own host only. */
export function socketAddress(page: string): string | null {
  const here = new URL(page);
  const path = here.searchParams.get("path");
  if (!path) return null;
  let there: URL;
  try {
    there = new URL("/" + path, here);
  } catch {
    return null;
  }
  if (there.origin !== here.origin) return null;
  there.protocol = here.protocol === "https:" ? "wss:" : "ws:";
  return there.href;
}

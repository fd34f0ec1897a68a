// What this page uses of noVNC, which brings no types.
declare module "@novnc/novnc" {
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, url: string, options?: { shared?: boolean; wsProtocols?: string[] });
    scaleViewport: boolean;
    focus(): void;
    sendCtrlAltDel(): void;
  }
}

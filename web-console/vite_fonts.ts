import type { Plugin } from "vite";

const kFont = /url\(["']?data:font\/woff2;[^,"')]*base64,([A-Za-z0-9+/=]+)["']?\)/g;

/**
 * Cloudscape's styles carry Open Sans as data: URLs. As files of their own, only the weights in
 * use are fetched, they need not be parsed with the styles, and the policy font-src 'self' suffices.
 */
export function fontsAsFiles(): Plugin {
  return {
    name: "fonts-as-files",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("global-styles") || !/\.css($|\?)/.test(id)) return null;
      let count = 0;
      return code.replace(kFont, (_, data: string) => {
        count += 1;
        const source = Buffer.from(data, "base64");
        const file = this.emitFile({ type: "asset", name: `open-sans-${count}.woff2`, source });
        return `url(__VITE_ASSET__${file}__)`;
      });
    },
  };
}

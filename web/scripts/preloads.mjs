// The first page names the scripts that nearly every page reads a moment later, so that they come, and are made ready,
// beside what asks for them.

const NAMES = new Set(["list", "soon"]);

export const preloads = {
  name: "preloads",
  transformIndexHtml: {
    order: "post",
    handler: (_, { bundle = {} }) =>
      Object.values(bundle)
        .filter((each) => each.type === "chunk" && NAMES.has(each.name))
        .map(({ fileName }) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `/${fileName}` },
          injectTo: "head",
        })),
  },
};

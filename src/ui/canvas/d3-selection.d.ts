/** The one thing the page uses of d3-selection (see no-tween.ts). */
declare module 'd3-selection' {
  export const selection: { readonly prototype: Record<string, unknown> };
}

/** Files that the build puts beside the Worker: imported, they are their address. */
declare module '*.wasm?url' {
  const address: string;
  export default address;
}

declare module "@michaelhomer/jqjs" {
  /** A filter: the outputs of a program on one input. */
  const jq: { compile(program: string): (input: unknown) => Iterable<unknown> };
  export default jq;
}

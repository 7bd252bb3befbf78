/** The part of the WebAssembly interface that is used here; Node's types have none of it. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: SharedArrayBuffer
  }
  const Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => Memory

  interface Module {
    readonly __module?: never
  }
  function validate(bytes: Uint8Array): boolean
  function compile(bytes: Uint8Array): Promise<Module>

  interface Global {
    readonly value: number
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const Instance: new (module: Module, imports: { env: Readonly<Record<string, unknown>> }) => Instance
}

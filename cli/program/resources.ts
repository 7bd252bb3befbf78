/** What a command has opened: closed in the reverse order, also after an error. */
export function openResources() {
  const closers: (() => void | Promise<void>)[] = []
  return {
    add: (close: () => void | Promise<void>): void => void closers.push(close),
    /** Closes everything; the first error comes after the last attempt. */
    close: async (): Promise<void> => {
      const errors: unknown[] = []
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        try {
          await close()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    },
  }
}

/** What the work has opened is closed after it. */
export async function withResources<T>(work: (resources: Resources) => T | Promise<T>): Promise<T> {
  const resources = openResources()
  try {
    return await work(resources)
  } finally {
    await resources.close()
  }
}

export type Resources = ReturnType<typeof openResources>

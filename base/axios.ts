/** axios is loaded with the first request: it took a quarter of the start of a command that makes none. */
import type { AxiosError, AxiosStatic } from 'axios'

export const loadAxios = async (): Promise<AxiosStatic> => (await import('axios')).default

export const isAxiosError = (error: unknown): error is AxiosError =>
  (error as Partial<AxiosError> | null | undefined)?.isAxiosError === true

/** A YAML file of its own, such as that of a basket. */
import { pathText, problem, problemsError, readYaml, type SectionResult } from '../../config/index.js'

/** Throws one error with everything that is wrong with the file. */
export function readSectionFile<T>(file: string, read: (raw: unknown) => SectionResult<T>): T {
  const yaml = readYaml(file)
  if (yaml.problems.length > 0) throw problemsError(yaml.problems)
  const found = read(yaml.value)
  if ('value' in found) return found.value
  throw problemsError(
    found.problems.map(({ path, message }) =>
      problem(
        'E_CONFIG_SECTION',
        `${yaml.at(path)}: ${path.length > 0 ? `${pathText(path)}: ` : ''}${message}`,
      ),
    ),
  )
}

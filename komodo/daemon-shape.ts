/** A daemon as sections of the configuration name it: by its chain alone, or with where it is. */
import { exactOptional, type GenericSchema } from 'valibot'

import { httpUrl, orText, pathType, section, SETTINGS, value } from '../config/index.js'

/** `name`: what the name of the chain must be. Relative paths of conf files count from the folder. */
export const daemonShape = <N extends GenericSchema<unknown, string>>(
  name: N,
  meaning: string,
  folder: string,
) =>
  orText(
    'name',
    section(
      {
        name,
        conf: exactOptional(
          value(pathType, 'conf file of its daemon, else ~/.komodo/NAME/NAME.conf', { folder }),
        ),
        url: exactOptional(value(httpUrl, 'address of its daemon, else from the conf file')),
        user: exactOptional(value(SETTINGS['feed.assetUser'].type, 'rpcuser, else from the conf file')),
        password: exactOptional(
          value(SETTINGS['feed.assetPassword'].type, 'rpcpassword, else from the conf file', {
            secret: true,
          }),
        ),
      },
      { meaning },
    ),
  )

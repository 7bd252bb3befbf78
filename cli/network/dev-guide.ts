/** How other people's programs are pointed at the embedded chain, as lines to copy. */
import type { DevChain } from '../../factom/dev/index.js'

type Guided = Pick<DevChain, 'url' | 'walletUrl' | 'control' | 'startHeight' | 'keys'>

export function devGuide(
  chain: Guided,
  { exchange, bits, manual }: { readonly exchange: string; readonly bits: number; readonly manual: boolean },
): string[] {
  const factomd = new URL(chain.url).host
  const wallet = chain.walletUrl === null ? null : new URL(chain.walletUrl).host
  const size = `LXRBITSIZE=${bits}`
  const { fctAddress, ecAddress, ecSecret } = chain.keys
  const call = (method: string, params: string) =>
    `  curl -s ${chain.control.url} -H 'Authorization: Bearer ${chain.control.token}' \\\n` +
    `     -d '{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}'`
  return [
    '# this miner, as another process',
    `  PEGMINER_MINER_EC_SECRET=${ecSecret} \\`,
    `    pegminer mine --network local --factomd ${chain.url} --exchange ${exchange} --bits ${bits} \\`,
    `      --identity me --coinbase ${fctAddress}`,
    '# pegnetd (balances, winners, rates; its API is then at port 8070)',
    `  ${size} pegnetd --network MainNet --testing --act ${chain.startHeight} --server ${chain.url}/v2` +
      (wallet === null ? '' : ` --wallet http://${wallet}/v2`),
    '# pegnet (Go): config/defaultconfig.ini of its repository must be ~/.pegnet/defaultconfig.ini',
    `  ${size} pegnet grader --network MainNet --testing -s ${factomd}` +
      (wallet === null ? '' : ` -w ${wallet}`),
    ...(wallet === null
      ? []
      : [
          '# factom-cli',
          `  factom-cli -s ${factomd} -w ${wallet} listaddresses`,
          `  factom-cli -s ${factomd} -w ${wallet} buyec ${fctAddress} ${ecAddress} 100`,
        ]),
    '# faults: see which there are, lose half of the commits, mend everything',
    call('faults', '{}'),
    call('set-faults', '{"faults":{"drop-commit":{"share":0.5}}}'),
    call('set-faults', '{"faults":{}}'),
    ...(manual ? ['# end ten minutes', call('advance-minute', '{"count":10}')] : []),
    '',
  ].flatMap((text) => text.split('\n'))
}

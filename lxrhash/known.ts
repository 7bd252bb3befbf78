/** SHA-256 of PegNet's ByteMaps: its seed, five passes. */
import { PEGNET_PARAMS, type LxrParams } from './params.js'

/** By map bits. All of them were computed with the Go reference (github.com/pegnet/LXRHash). */
const KNOWN: Readonly<Record<number, string>> = {
  8: '9855b17b807c041622d0f984b6004da28f0554b574f17de788abaa6a38135483',
  9: 'f20da12d938c0d46813e7b63003b8b0852534516336c123c15e9c30803ea915c',
  10: 'c1e50b47f68732bce96e3a01bf53d889071ef31b5732c3f07f460c6aa4adf204',
  11: '2dc2a012b81ae4056a00b51c944f0b1da093bd51a09d38c4f4223e2d6dbbd487',
  12: '6b6690d7d31ae6ac0d8d99dd5ba129a9d885e5c32cd38d698e062f835b6ed6d7',
  13: 'ddce0db9ae6d1c28499d5040a68819ab75a40dc3ce3cc08c43ac880c83876b46',
  14: 'fd165c4eaffceca276ef62599dbcef25667528899cf268d163fdbfa4c916a576',
  15: 'c59ce08a0201d5643d76f295e5ca59bd2378591b7bee236df8fcd6927c832485',
  16: '7f5df9e4cd8216cabbbd73ce203a0073357a3e8941d32e0adbb65bd32b214461',
  17: '007af4fbf089a6f87742583ea02cb968ed49111032f497fae26b3d0b129b4456',
  18: 'd6a6c1073c7f6d2f6aecc07794e0ff59239118e4e88d63698922f138a18a9ff8',
  19: '749529594f029b332f20cf71b8253d2eb3d9721e96029c6efa2e1851c5dce092',
  20: 'e1369a997f98c3d4dbcf85e0c52b759f7daa57654190665ca62baf05037ea957',
  21: 'ba22a4a07814784483ba7d6068271b3ea39f82c2cb8b57304f83a80c18308c4b',
  22: '9abc378313108b7296bc165d99846cd91d444f45b5be91b2f6fd7c609bd44ee6',
  23: '5f6a6fb2b080fedead19ea3681ffddbf17c7e95116f566edb5f88c146a7aaba3',
  24: '7d3c0fcbd14067ef7540bef9d46dd676ee216243f1d5daf2607d855d88f3c968',
  25: '387673fa9a1e7f8ab5cbeee5a2985bc4ee3b70c3fe56212a7f922d8282a009de',
  26: '691cc7be73085a995590a43a1214292a517948e53f57b27737d76005fb2014eb',
  27: '759635aae8955f1941a631dad299aaa26f082a7010f891fb25b773bfd6814fc5',
  28: 'eaabc8177dfcb57b951bba8d7b41a808990cf9c70d931c83cc2e391879fc8c7c',
  30: '55a02ed711747012e92fe70424ed1904de6af0b8def259cc068616b86684e93f',
}

/** The right SHA-256 in hex, if it is known. */
export function knownSha256({ seed, passes, bits }: LxrParams): string | undefined {
  if (seed !== PEGNET_PARAMS.seed || passes !== PEGNET_PARAMS.passes) return undefined
  return KNOWN[bits]
}

/**
 * Four blocks of the documentation's example (Pegs creator tutorial): the reference chain has them at their heights, so
 * that what a feed writes can be held against the known payloads. Their transactions are not known: no proof of a
 * transaction in them leads to these roots.
 */
export const EXAMPLE_BLOCKS: ReadonlyMap<number, { readonly hash: string; readonly merkleRoot: string }> =
  new Map([
    [
      16,
      {
        hash: '00166afa8a45b848acf54b1e957fbd5593872a44adbbc307416c8a004da8a5f7',
        merkleRoot: 'a63c52d852ff8644be09d9b178c2bff919c70641760f9934809e21a9d554f0bb',
      },
    ],
    [
      17,
      {
        hash: '079c3a3a54671e4a6e07cd6f010d52b36928b085eec881c83d44706dab30da10',
        merkleRoot: 'fab23f8294e04074111d103cf036ed8ac31f82ed267e5bd6d6748fc6d1bad414',
      },
    ],
    [
      18,
      {
        hash: '0eb8aebabebb979de0bed494df4ad6e5cfa35fa84dc4ebb916c75fde9f16d418',
        merkleRoot: 'c9100e699f962f33086c6a0eefb764d16c56d2296f348112d530128817048c09',
      },
    ],
    [
      19,
      {
        hash: '03944d3d97fa688b311a94cf10371a91d80a0ed2a1d51b169d1433bf37a6fef1',
        merkleRoot: '2f2c707b3620789800d18724ae464b81966e91f6dfcad6651dcb1b17d62155bb',
      },
    ],
  ])

// Shamir over GF(2^8) in a few lines of its own: nothing here comes from src/ or from the library that it uses.

/** @returns what the polynomials through these values are at 0: the key in hex, if there are enough of them */
export function recombineByHand(values: readonly Uint8Array[]): string {
  const key = Buffer.alloc(32);
  for (const value of values) {
    let weight = 1;
    for (const other of values) if (other !== value) weight = times(weight, times(x(other), inverse(x(other) ^ x(value))));
    for (let index = 0; index < key.length; index += 1)
      key.writeUInt8(key.readUInt8(index) ^ times(value[index] ?? 0, weight), index);
  }
  return key.toString('hex');
}

function x(value: Uint8Array): number {
  return value[32] ?? 0;
}

function times(one: number, other: number): number {
  let [product, a, b] = [0, one, other];
  for (; b > 0; b >>= 1) {
    if (b & 1) product ^= a;
    a = (a << 1) ^ (a & 0x80 ? 0x11b : 0);
  }
  return product;
}

/** a^254, since a^255 is 1. */
function inverse(a: number): number {
  let power = 1;
  for (let exponent = 0; exponent < 254; exponent += 1) power = times(power, a);
  return power;
}

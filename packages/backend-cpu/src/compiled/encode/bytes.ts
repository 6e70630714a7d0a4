/** Bytes of a WebAssembly module, appended one after the other. */
export class Bytes {
  #data: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    if (this.#length === this.#data.length) this.#reserve(1);
    this.#data[this.#length++] = value;
    return this;
  }

  bytes(values: ArrayLike<number>): this {
    this.#reserve(values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
    return this;
  }

  /** LEB128, unsigned. */
  u32(value: number): this {
    let rest = value >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** LEB128, signed. */
  i32(value: number): this {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 127) | 128);
      rest >>= 7;
    }
    return this.byte(rest & 127);
  }

  f32(value: number): this {
    scratch.setFloat32(0, value, true);
    return this.bytes(new Uint8Array(scratch.buffer, 0, 4));
  }

  f64(value: number): this {
    scratch.setFloat64(0, value, true);
    return this.bytes(new Uint8Array(scratch.buffer, 0, 8));
  }

  /** A name: its length, then its letters, which must be ASCII. */
  name(text: string): this {
    return this.u32(text.length).bytes(Array.from(text, (letter) => letter.charCodeAt(0)));
  }

  /** Other bytes behind their length. */
  sized(other: Bytes): this {
    return this.u32(other.length).bytes(other.view());
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#data.length, this.#length + more));
    grown.set(this.#data);
    this.#data = grown;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

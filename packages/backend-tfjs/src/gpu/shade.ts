import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import type { DType } from "@unrolled/backend";

/** A function of one element, or of a pair, in the two shader languages. */
export interface Shader {
  readonly name: string;
  readonly variables: readonly string[];
  /** Statements that end in `setOutput(...)`; inputs are `a`, `b`. */
  readonly glsl: string;
  /** Statements that leave the result in `result_`; inputs are `a`, `b`, positions `index`. */
  readonly wgsl: string;
  /** WGSL around `main`. */
  readonly wgslFunctions?: string;
  readonly glslFunctions?: string;
}

type Run = (program: object, inputs: readonly TensorInfo[], dtype: DType) => TensorInfo;

const WORKGROUP = 64;

/** Runs shaders of this package in a GPU engine, where one of its own kernels goes wrong. */
export class Shade {
  readonly #run: Run;
  readonly #isWebGpu: boolean;

  constructor(backend: KernelBackend, isWebGpu: boolean) {
    const engine = backend as unknown as { runWebGLProgram: Run; runWebGPUProgram: Run };
    this.#run = isWebGpu ? engine.runWebGPUProgram.bind(backend) : engine.runWebGLProgram.bind(backend);
    this.#isWebGpu = isWebGpu;
  }

  /** One result an element of `shape`; inputs broadcast to it. */
  elementwise(shader: Shader, inputs: readonly TensorInfo[], shape: readonly number[], dtype: DType): TensorInfo {
    const { variables } = shader;
    if (this.#isWebGpu) {
      const reads = variables.map((v) => `let ${v.toLowerCase()} = get${v}ByOutputIndex(index);`).join("\n");
      return this.indexed(
        shader.name,
        variables,
        `${reads}\n${shader.wgsl}`,
        inputs,
        shape,
        dtype,
        shader.wgslFunctions,
      );
    }
    const reads = variables.map((v) => `float ${v.toLowerCase()} = get${v}AtOutCoords();`).join("\n");
    const userCode = `${shader.glslFunctions ?? ""}\nvoid main() {\n${reads}\n${shader.glsl}\n}`;
    return this.#run({ variableNames: [...variables], outputShape: [...shape], userCode }, inputs, dtype);
  }

  /** WebGPU only: statements that read the inputs as arrays and leave the element at `index` in `result_`. */
  indexed(
    name: string,
    variables: readonly string[],
    wgsl: string,
    inputs: readonly TensorInfo[],
    shape: readonly number[],
    dtype: DType,
    functions = "",
  ): TensorInfo {
    const size = shape.reduce((product, n) => product * n, 1);
    const type = dtype === "float32" ? "f32" : "i32";
    const userCode = `${functions}
      fn main(index : i32) {
        if (index < uniforms.size) {
          var result_ : ${type};
          ${wgsl}
          result[index] = result_;
        }
      }`;
    const program = {
      variableNames: [...variables],
      outputShape: [...shape],
      workgroupSize: [WORKGROUP, 1, 1],
      dispatchLayout: { x: shape.map((_, i) => i) },
      dispatch: [Math.ceil(size / WORKGROUP), 1, 1],
      shaderKey: `unrolled_${name}`,
      size: true,
      getUserCode: (): string => userCode,
    };
    return this.#run(program, inputs, dtype);
  }
}

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

/**
 * A function of a position in a matrix, in what GLSL and WGSL have in common. `F name = ...;` declares a float, `I` an integer;
 * `at_X(row, column)` reads input X, `b` and `j` are the output's row and column, `now` is the number of the time step, `out(value)`
 * ends it. There are `sig`, `tnh`, `float_` of an integer and `pick(condition, yes, no)`, whose condition is true above 0.5.
 */
export interface MatrixShader {
  readonly name: string;
  readonly body: string;
}

interface Uniform {
  readonly type: "int32";
  readonly data: number[];
}

type Run = (
  program: object,
  inputs: readonly TensorInfo[],
  dtype: DType,
  uniforms?: readonly number[][] | readonly Uniform[],
) => TensorInfo;

const glslFunctions = `
  float float_(int x) { return float(x); }
  float sig(float x) { return 1.0 / (1.0 + exp(-x)); }
  float tnh(float x) { float e = exp(-2.0 * abs(x)); return sign(x) * (1.0 - e) / (1.0 + e); }
  float pick(float c, float yes, float no) { return c > 0.5 ? yes : no; }`;
const wgslFunctions = `
  fn float_(x : i32) -> f32 { return f32(x); }
  fn sig(x : f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }
  fn tnh(x : f32) -> f32 { let e = exp(-2.0 * abs(x)); return sign(x) * (1.0 - e) / (1.0 + e); }
  fn pick(c : f32, yes : f32, no : f32) -> f32 { return select(no, yes, c > 0.5); }`;

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

  /** A matrix from matrices, at one time step. */
  matrix(
    { name, body }: MatrixShader,
    inputs: Readonly<Record<string, TensorInfo>>,
    shape: readonly [number, number],
    now: number,
  ): TensorInfo {
    const variables = Object.keys(inputs);
    const infos = Object.values(inputs);
    if (this.#isWebGpu) {
      const reads = variables.map((v, i) => {
        return `fn at_${v}(r : i32, c : i32) -> f32 { return f32(${v}[r * ${infos[i].shape[1]} + c]); }`;
      });
      const code = body.replaceAll(/\b[FI] /g, "let ").replaceAll("out(", "result_ = (");
      const wgsl = `let b = index / ${shape[1]}; let j = index % ${shape[1]}; let now = uniforms.now; ${code}`;
      const key = [name, shape[1], ...variables, ...infos.map((info) => info.shape[1])].join("_");
      const functions = [wgslFunctions, ...reads].join("\n");
      return this.indexed(key, variables, wgsl, infos, shape, "float32", functions, now);
    }
    const reads = variables.map((v) => `float at_${v}(int r, int c) { return get${v}(r, c); }`);
    const code = body.replaceAll(/\bF /g, "float ").replaceAll(/\bI /g, "int ").replaceAll("out(", "setOutput(");
    const userCode = `${glslFunctions}\n${reads.join("\n")}
      void main() { ivec2 at = getOutputCoords(); int b = at.x; int j = at.y; ${code} }`;
    const customUniforms = [{ name: "now", type: "int" }];
    const program = { variableNames: variables, outputShape: [...shape], userCode, customUniforms };
    return this.#run(program, infos, "float32", [[now]]);
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
    now?: number,
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
      ...(now !== undefined && { uniforms: "now : i32," }),
      getUserCode: (): string => userCode,
    };
    return this.#run(program, inputs, dtype, now === undefined ? undefined : [{ type: "int32", data: [now] }]);
  }
}

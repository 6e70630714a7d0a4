// What a docstring owes its reader, worked out from the declaration alone: no list of exceptions.
import ts from "typescript";
import { docsOf, type PublicName } from "./public-names.js";

export interface Lack {
  readonly label: string;
  readonly lacks: string;
}

type Callable =
  | ts.FunctionDeclaration
  | ts.MethodDeclaration
  | ts.ConstructorDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction;

const summaryOf = (docs: string): string => docs.split(/^@/m)[0].trim();
const has = (docs: string, tag: string): boolean => new RegExp(`^@${tag}\\b`, "m").test(docs);
const isHidden = (member: ts.ClassElement): boolean =>
  (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0 ||
  (member.name !== undefined && ts.isPrivateIdentifier(member.name));

/** The function behind a name, be it declared or a const. Of overloads, the one with the body. */
function callableOf({ declarations }: PublicName): Callable | undefined {
  for (const declaration of declarations) {
    if (ts.isFunctionDeclaration(declaration) && declaration.body) return declaration;
    if (ts.isVariableDeclaration(declaration) && declaration.initializer) {
      const value = declaration.initializer;
      if (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) return value;
    }
  }
  return undefined;
}

const classOf = ({ declarations }: PublicName): ts.ClassDeclaration | undefined =>
  declarations.find(ts.isClassDeclaration);

/** Typed errors that a body throws by itself, not those of functions it calls nor of functions inside it. */
function thrownBy(callable: Callable): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (node !== callable && ts.isFunctionLike(node)) return;
    if (ts.isThrowStatement(node) && ts.isNewExpression(node.expression)) {
      const name = node.expression.expression.getText();
      if (/^[A-Z]\w*Error$/.test(name)) names.add(name);
    }
    ts.forEachChild(node, visit);
  };
  if (callable.body) visit(callable.body);
  return names;
}

const unnamedErrors = (thrown: ReadonlySet<string>, docs: string): string[] =>
  [...thrown]
    .filter((error) => !has(docs, "throws") || !new RegExp(`\\b${error}\\b`).test(docs))
    .map((error) => `@throws ${error}`);

/** An object of named settings, or a function: what a reader cannot guess from a list of arguments. */
function needsShowing(parameter: ts.ParameterDeclaration, checker: ts.TypeChecker): boolean {
  const type = checker.getNonNullableType(checker.getTypeAtLocation(parameter));
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(
    (part) => part.getCallSignatures().length > 0 || /Options\b|Config\b/.test(checker.typeToString(part)),
  );
}

/**
 * Too small to need an example: a function of at most two arguments, none of which is a function or an object of options; a
 * class that cannot be made, is an error, is made from nothing, or says which function makes it.
 */
function needsExample(name: PublicName): boolean {
  const { checker } = name;
  const callable = callableOf(name);
  if (callable) return callable.parameters.length > 2 || callable.parameters.some((p) => needsShowing(p, checker));
  const declared = classOf(name);
  if (!declared || /Error$/.test(name.name) || /\b(?:made|loaded) by `\w+/i.test(name.docs)) return false;
  if (ts.getCombinedModifierFlags(declared) & ts.ModifierFlags.Abstract) return false;
  const constructors = checker
    .getTypeOfSymbol(checker.getSymbolAtLocation(declared.name ?? declared) as ts.Symbol)
    .getConstructSignatures();
  const open = !declared.members.some((member) => ts.isConstructorDeclaration(member) && isHidden(member));
  return open && constructors.some((signature) => signature.parameters.length > 0);
}

const saysShape = /\[[^\]\n]*\]|shape|dimension|\baxis|\baxes|scalar|0-d|elementwise|each element|broadcast|element/i;
const takesTensors = (callable: Callable): boolean =>
  /\bTensor(Like)?\b/.test(
    [...callable.parameters.map((p) => p.type?.getText() ?? ""), callable.type?.getText() ?? ""].join(" "),
  );

/** Names that are functions. */
export const functionNames = (names: readonly PublicName[]): Set<string> =>
  new Set(names.filter(callableOf).map(({ name }) => name));

function lacksOfFunction(name: PublicName): string[] {
  const callable = callableOf(name);
  if (!callable) return [];
  const lacks = unnamedErrors(thrownBy(callable), name.docs);
  if (takesTensors(callable) && !saysShape.test(name.docs)) lacks.push("shapes of its tensors");
  return lacks;
}

/** A method may leave its description to the function of the same name, which the package exports as well. */
function lacksOfClass(name: PublicName, functions: ReadonlySet<string>): Lack[] {
  const declared = classOf(name);
  if (!declared) return [];
  return declared.members
    .filter((member) => !isHidden(member) && !has(docsOf(member), "internal"))
    .flatMap((member) => {
      const docs = docsOf(member);
      const symbol = member.name && name.checker.getSymbolAtLocation(member.name);
      const described = symbol !== undefined && symbol.getDocumentationComment(name.checker).length > 0; // inherited ones too
      const lacks: string[] = [];
      const inherits = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Override) !== 0;
      const symbolic = member.name !== undefined && ts.isComputedPropertyName(member.name);
      if (
        ts.isMethodDeclaration(member) &&
        !inherits &&
        !symbolic &&
        !described &&
        !functions.has(member.name.getText())
      )
        lacks.push("a summary");
      if (ts.isMethodDeclaration(member) || ts.isConstructorDeclaration(member))
        lacks.push(...unnamedErrors(thrownBy(member), `${docs}\n${name.docs}`));
      const label = `${name.label}.${ts.isConstructorDeclaration(member) ? "constructor" : (member.name?.getText() ?? "")}`;
      return lacks.map((lack) => ({ label, lacks: lack }));
    });
}

/** Members of an object of options are the documentation of a call: what each does, and its default. */
function lacksOfOptions({ label, name, declarations }: PublicName): Lack[] {
  if (!name.endsWith("Options")) return [];
  return declarations
    .filter(ts.isInterfaceDeclaration)
    .flatMap((declared) => [...declared.members])
    .filter((member) => docsOf(member) === "")
    .map((member) => ({ label: `${label}.${member.name?.getText()}`, lacks: "a summary" }));
}

export function lacksOf(name: PublicName, functions: ReadonlySet<string>): Lack[] {
  const own: string[] = [];
  if (summaryOf(name.docs) === "") own.push("a summary");
  if (needsExample(name) && !has(name.docs, "example")) own.push("@example");
  own.push(...lacksOfFunction(name));
  return [
    ...own.map((lacks) => ({ label: name.label, lacks })),
    ...lacksOfClass(name, functions),
    ...lacksOfOptions(name),
  ];
}

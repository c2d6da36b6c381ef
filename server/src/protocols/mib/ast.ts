/** Something that is wrong in a file, or worth knowing. */
export interface MibProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** A type as it is written: a name, with what narrows it down. */
export interface TypeUse {
  /** `INTEGER`, `OCTET STRING`, `DisplayString`; `SEQUENCE OF x` is `SEQUENCE`. */
  readonly name: string;
  readonly enums: readonly (readonly [name: string, value: number])[] | null;
  readonly line: number;
}

/** One part of an OID value: `mib-2`, `1`, `org(3)`. */
export interface OidPart {
  readonly name: string | null;
  readonly number: number | null;
}

export type NodeKind = 'node' | 'object' | 'notification' | 'module' | 'group';

/** A definition that has a place in the tree. */
export interface NodeDefinition {
  readonly name: string;
  readonly line: number;
  readonly kind: NodeKind;
  readonly oid: readonly OidPart[];
  /** A TRAP-TYPE: the OID is the enterprise, and this the number below it. */
  readonly trapNumber: number | null;
  readonly syntax: TypeUse | null;
  readonly units: string | null;
  readonly access: string | null;
  readonly status: string | null;
  readonly description: string | null;
  /** Columns of the index, in their order; of a row. */
  readonly index: readonly { readonly name: string; readonly implied: boolean }[] | null;
  readonly augments: string | null;
  /** OBJECTS or VARIABLES of a notification. */
  readonly objects: readonly string[];
  /** `--#SEVERITY`, `--#SUMMARY`, `--#ARGUMENTS`. */
  readonly notes: Readonly<Record<string, string>> | null;
}

/** A definition of a type: `X ::= TEXTUAL-CONVENTION …`, or `X ::= INTEGER {…}`. */
export interface TypeDefinition {
  readonly name: string;
  readonly line: number;
  readonly syntax: TypeUse;
  readonly displayHint: string | null;
}

export interface Import {
  readonly names: readonly string[];
  readonly from: string;
  readonly line: number;
}

/** A module as its file has it; nothing is looked up yet. */
export interface MibModule {
  readonly file: string;
  readonly name: string;
  readonly line: number;
  readonly imports: readonly Import[];
  readonly nodes: readonly NodeDefinition[];
  readonly types: readonly TypeDefinition[];
}

// One rule set for both languages. AssemblyScript is TypeScript in syntax only: rules that would have it
// behave like TypeScript (const over let, no namespaces, no raw number types) stay off for assembly/.
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["build/", "node_modules/"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-console": "off",
      "@typescript-eslint/no-non-null-assertion": "error",
    },
  },
  {
    files: [
      "assembly/**/*.ts",
      "tests/unit/assembly/**/*.ts",
      "bench/micro/assembly/**/*.ts",
      "tests/versions/probe/assembly/**/*.ts",
    ],
    rules: {
      "prefer-const": "off",
      "no-throw-literal": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ThrowStatement", message: "A throw traps the VM and takes its spans with it." },
        { selector: "TSNonNullExpression", message: "A failed assertion traps the VM." },
        { selector: "TryStatement", message: "AssemblyScript has no exceptions to catch." },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
);

// A Kubernetes API server without a cluster: it stores objects, lists them and notifies watchers of every change.
// istiod needs no more here. Knows Kubernetes' HTTP conventions; refuses to know what the objects mean.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../envoy/ground.ts";

/** A Kubernetes object. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

export interface Kubernetes {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Creates an object, or replaces the one of that name. */
  apply(object: KubeObject): void;
  remove(object: KubeObject): void;
  close(): Promise<void>;
}

type EventType = "ADDED" | "MODIFIED" | "DELETED";
type Watcher = (type: EventType, object: KubeObject) => void;

/** All objects of one kind, and their watchers. */
interface Collection {
  kind: string;
  objects: Map<string, KubeObject>;
  watchers: Set<Watcher>;
}

/** Kubernetes' own kinds that istiod asks for. A watcher of a kind without objects must still be told its name. */
const ownKinds = [
  ...["ConfigMap", "EndpointSlice", "Ingress", "IngressClass", "Lease", "MutatingWebhookConfiguration", "Namespace"],
  ...[
    "Node",
    "Pod",
    "Secret",
    "Service",
    "ServiceAccount",
    "ValidatingWebhookConfiguration",
    "CustomResourceDefinition",
  ],
];
const withoutNamespace = new Set(["Namespace", "Node", "CustomResourceDefinition"]);

/** A request as Kubernetes reads it. */
interface Question {
  collection: Collection;
  apiVersion: string;
  name: string | undefined;
  /** Whether the request asks for this object. */
  selects(object: KubeObject): boolean;
  /** The object, or only its metadata if the request asks for that. */
  show(object: KubeObject): KubeObject;
  kind: string;
}

/** Starts the API with these objects. */
export async function startKubernetes(objects: KubeObject[]): Promise<Kubernetes> {
  const collections = new Map<string, Collection>();
  const kinds = new Map(ownKinds.map((kind) => [pluralOf(kind), kind]));
  for (const { kind, spec } of objects) {
    if (kind !== "CustomResourceDefinition") continue;
    const { names } = spec as { names: { plural: string; kind: string } };
    kinds.set(names.plural, names.kind);
  }
  let version = 0;

  const collectionOf = (group: string, plural: string): Collection => {
    const key = `${group}/${plural}`;
    const found = collections.get(key) ?? {
      kind: kinds.get(plural) ?? "Status",
      objects: new Map(),
      watchers: new Set(),
    };
    collections.set(key, found);
    return found;
  };

  const put = (type: "apply" | "remove", given: KubeObject): void => {
    const object = complete(given, ++version);
    const collection = collectionOf(groupOf(object), pluralOf(object.kind));
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const known = collection.objects.has(key);
    if (type === "apply") collection.objects.set(key, object);
    else collection.objects.delete(key);
    const event = type === "remove" ? "DELETED" : known ? "MODIFIED" : "ADDED";
    for (const watcher of collection.watchers) watcher(event, object);
  };
  for (const object of objects) put("apply", object);

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://kubernetes");
    if (request.method === "GET") get(url, request, response);
    else if (request.method === "POST" || request.method === "PUT") void echo(request, response);
    else status(response, 404, "NotFound");
  });

  const get = (url: URL, request: IncomingMessage, response: ServerResponse): void => {
    if (url.pathname === "/version") return answer(response, { major: "1", minor: "34", gitVersion: "v1.34.0" });
    const question = questionOf(url, request, collectionOf);
    if (question === undefined) return status(response, 404, "NotFound");
    const { collection, name } = question;
    if (url.searchParams.get("watch") === "true" || url.searchParams.get("watch") === "1") {
      return watch(question, url.searchParams.get("sendInitialEvents") === "true", response);
    }
    const found = [...collection.objects.values()].filter((object) => question.selects(object));
    if (name !== undefined) {
      const [object] = found;
      return object === undefined ? status(response, 404, "NotFound") : answer(response, question.show(object));
    }
    answer(response, {
      kind: `${question.kind}List`,
      apiVersion: question.apiVersion,
      metadata: { resourceVersion: String(version) },
      items: found.map((object) => question.show(object)),
    });
  };

  const watch = (question: Question, withInitial: boolean, response: ServerResponse): void => {
    const { collection } = question;
    response.writeHead(200, { "content-type": "application/json" });
    const send = (type: string, object: unknown): void => void response.write(`${JSON.stringify({ type, object })}\n`);
    if (withInitial) {
      for (const object of collection.objects.values()) {
        if (question.selects(object)) send("ADDED", question.show(object));
      }
      const annotations = { "k8s.io/initial-events-end": "true" };
      const metadata = { resourceVersion: String(version), annotations };
      send("BOOKMARK", { kind: question.kind, apiVersion: question.apiVersion, metadata });
    } else {
      response.flushHeaders();
    }
    const watcher: Watcher = (type, object) => {
      if (question.selects(object)) send(type, question.show(object));
    };
    collection.watchers.add(watcher);
    response.on("close", () => collection.watchers.delete(watcher));
  };

  const { host, port, close } = await listen(server);
  return {
    url: `http://${host}:${port}`,
    apply: (object) => put("apply", object),
    remove: (object) => put("remove", object),
    close,
  };
}

/** The object with the fields that Kubernetes adds. */
function complete(object: KubeObject, version: number): KubeObject {
  const { kind, metadata } = object;
  const namespace = withoutNamespace.has(kind) ? undefined : (metadata.namespace ?? "default");
  return {
    ...object,
    metadata: {
      uid: `${kind}-${keyOf(namespace, metadata.name)}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      resourceVersion: String(version),
    },
  };
}

function questionOf(
  url: URL,
  request: IncomingMessage,
  collectionOf: (group: string, plural: string) => Collection,
): Question | undefined {
  const path = url.pathname.split("/").filter((part) => part !== "");
  const [group = "", version, ...rest] = path[0] === "api" ? ["", ...path.slice(1)] : path.slice(1);
  if (!["api", "apis"].includes(path[0] ?? "") || version === undefined) return undefined;
  const namespace = rest[0] === "namespaces" && rest.length > 2 ? rest[1] : undefined;
  const [plural, name] = namespace === undefined ? rest : rest.slice(2);
  if (plural === undefined) return undefined;
  const collection = collectionOf(group, plural);
  const onlyMetadata = request.headers.accept?.includes("PartialObjectMetadata") ?? false;
  const wanted = name ?? /^metadata\.name=(.*)$/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1];
  const labels = labelsOf(url.searchParams.get("labelSelector") ?? "");
  return {
    collection,
    name,
    kind: onlyMetadata ? "PartialObjectMetadata" : collection.kind,
    apiVersion: onlyMetadata ? "meta.k8s.io/v1" : group === "" ? version : `${group}/${version}`,
    selects: ({ metadata }) =>
      (namespace === undefined || metadata.namespace === namespace) &&
      (wanted === undefined || metadata.name === wanted) &&
      labels.every(([key, value]) => (metadata.labels as Record<string, string> | undefined)?.[key] === value),
    show: (object) =>
      onlyMetadata
        ? { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata }
        : object,
  };
}

/** The equalities of a label selector. istiod uses other selectors only for objects that are not here. */
function labelsOf(selector: string): [string, string][] {
  return selector.split(",").flatMap((term): [string, string][] => {
    const [, key, value] = /^([^!=\s]+)=(\S+)$/.exec(term) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value]];
  });
}

function groupOf({ apiVersion }: KubeObject): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (/[^aeiou]y$/.test(lower)) return `${lower.slice(0, -1)}ies`;
  return /(s|x|ch)$/.test(lower) ? `${lower}es` : `${lower}s`;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** Returns to istiod what it writes (leases, events); nobody else ever sees it. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  try {
    answer(response, JSON.parse(body), 201);
  } catch {
    status(response, 415, "UnsupportedMediaType");
  }
}

function status(response: ServerResponse, code: number, reason: string): void {
  answer(response, { kind: "Status", apiVersion: "v1", status: "Failure", reason, code }, code);
}

function answer(response: ServerResponse, value: unknown, code = 200): void {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
}

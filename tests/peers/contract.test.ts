// Checks the assumptions of docker-compose.yaml and our own Bookinfo about Istio's images against the images' sources:
// images and ports, the variables that locate the other services, paths, and the headers passed on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { forwardedHeaders } from "../../demo/apps/headers.ts";
import { composeServices } from "./compose/project.ts";
import { istioSource } from "./istio.ts";
import { ToolMissing } from "./tools.ts";

const SERVICES = ["details", "reviews", "ratings"];
const JAVA = "reviews/reviews-application/src/main/java/application/rest/LibertyRestEndpoint.java";

const istio = await istioSource().catch((error: unknown) => {
  if (!(error instanceof ToolMissing)) throw error;
  console.error(`skipped: Bookinfo's contract: ${error.message}`);
  return error;
});
const skip = istio instanceof ToolMissing ? istio.message : false;

const read = (file: string): string => readFileSync(`${String(istio)}/samples/bookinfo/${file}`, "utf8");
/** A source without comment lines, which also contain quotes. */
const code = (file: string): string => read(`src/${file}`).replace(/^\s*(#|\/\/).*$/gm, "");

interface Container {
  image: string;
  ports: { containerPort: number }[];
  env?: { name: string; value: string }[];
}

interface Deployment {
  kind: string;
  metadata: { name: string };
  spec: { template: { spec: { containers: Container[] } } };
}

/** The sorted quoted words of the list between `begin` and `end`. */
function listIn(source: string, begin: string, end: string): string[] {
  const from = source.indexOf(begin);
  assert.ok(from >= 0, `there is no ${begin}`);
  const list = source.slice(from + begin.length, source.indexOf(end, from + begin.length));
  return [...list.matchAll(/["']([\w-]+)["']/g)].map(([, word = ""]) => word).sort();
}

describe("Istio's Bookinfo", { skip }, () => {
  test("has the images and versions, and listens on the ports, that docker-compose.yaml has", async () => {
    const documents = parseAllDocuments(read("platform/kube/bookinfo.yaml")).map((each) => each.toJS());
    const services = await composeServices();
    const deployments: Deployment[] = documents.filter((each) => each?.kind === "Deployment");
    assert.equal(deployments.length, 6);
    for (const { metadata, spec } of deployments) {
      const [container] = spec.template.spec.containers;
      assert.equal(services[metadata.name]?.image, container?.image);
      assert.deepEqual(container?.ports, [{ containerPort: 9080 }]);
      for (const { name, value } of container.env ?? [])
        assert.equal(services[metadata.name]?.environment?.[name], value, `${metadata.name}: ${name}`);
    }
  });

  test("finds other services by the variables that docker-compose.yaml sets", async () => {
    const { environment = {} } = (await composeServices())["productpage-v1"] ?? {};
    for (const service of SERVICES) {
      for (const variable of [`${service.toUpperCase()}_HOSTNAME`, `${service.toUpperCase()}_SERVICE_PORT`]) {
        assert.ok(variable in environment, variable);
        assert.ok(code("productpage/productpage.py").includes(`os.environ.get("${variable}")`), variable);
        if (service === "ratings") assert.ok(code(JAVA).includes(`System.getenv("${variable}")`), variable);
      }
    }
  });

  test("calls and serves the paths that the Envoys distinguish", () => {
    const page = code("productpage/productpage.py");
    for (const service of SERVICES) {
      assert.ok(page.includes(`"endpoint": "${service}"`), service);
      assert.ok(page.includes(`${service}['name'] + "/" + ${service}['endpoint'] + "/" + str(product_id)`), service);
    }
    assert.ok(page.includes(`@app.route('/productpage')`));
    assert.ok(code("details/details.rb").includes("server.mount_proc '/details'"));
    assert.ok(code(JAVA).includes('@Path("/reviews/{productId}")'));
    assert.ok(code(JAVA).includes('ratings_service + "/" + productId'));
    assert.ok(code("ratings/ratings.js").includes("dispatcher.onGet(/^\\/ratings\\/[0-9]*/"));
  });

  test("passes on the same headers as ours, except b3", () => {
    const ours = forwardedHeaders.filter((name) => name !== "b3").sort();
    assert.deepEqual(listIn(code(JAVA), "headers_to_propagate = {", "}"), ours);
    assert.deepEqual(listIn(code("details/details.rb"), "incoming_headers = [", "]"), ours);
    // Here OpenTelemetry's B3 reads and writes x-b3-*, and the user comes from a session.
    const page = code("productpage/productpage.py");
    assert.ok(page.includes("propagator = B3MultiFormat()") && page.includes("propagator.inject(headers, ctx)"));
    assert.ok(page.includes("headers['end-user'] = session['user']"));
    const others = ours.filter((name) => !name.startsWith("x-b3-") && name !== "end-user");
    assert.deepEqual(listIn(page, "incoming_headers = [", "]"), others);
  });
});

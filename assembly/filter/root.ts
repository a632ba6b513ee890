// The root contexts of this VM, one per configuration. Each has its settings in the form that the hot path needs, and the
// delivery that it shares with all others that report the same way.
import { beginRegion, Region } from "../bytes/region";
import { swapRemove } from "../bytes/list";
import { over, Slice, text } from "../bytes/slice";
import { AUTO, CLIENT, readSettings, SamplingRule, Settings } from "../config/settings";
import { isHeaderValue, Refusal } from "../config/section";
import { Propagation } from "../context/propagation";
import { propagatorsAt } from "../context/propagators";
import { Rule } from "../context/rule";
import { Sampler, thresholdOf } from "../context/sampling";
import { readConfiguration } from "../host/calls";
import { missingCapabilities, tellOfCosts } from "../host/capabilities";
import { readEnvironment } from "../host/environment";
import { error } from "../host/log";
import { defineAll } from "../host/metrics";
import { deliveryFor } from "../report/deliveries";
import { Delivery } from "../report/delivery";
import { ensureList } from "../report/failed";
import { mayEnd } from "../report/members";
import { Reporter } from "../report/reporter";
import { Exchange } from "../span/exchange";
import { Keeping } from "../span/keeping";
import { constantTags, serviceOf, versionOf } from "../span/node";
import { AUTHORITY, Trust, trustAt } from "../span/operation";
import { TagSettings } from "../span/tags";
import { prepare, Question } from "./attributes";
import { noteRoot } from "./callbacks";
import { CustomTags, headerNameOf } from "./custom";
import { Ending } from "./ending";
import { seedIds } from "./entropy";
import { askNode } from "./node";

export class Root {
  constructor(
    readonly id: u32,
    readonly delivery: Delivery,
    readonly propagation: Propagation,
    readonly sampler: Sampler,
    readonly keeping: Keeping,
    readonly ending: Ending,
    readonly tags: TagSettings,
    readonly logsTraceId: bool,
    /** AUTO, CLIENT or SERVER. */
    private kind: u32,
    readonly trust: Trust,
    /** For ask.ts. */
    readonly question: Question,
    /** The memory of all of it. */
    readonly held: Region,
  ) {}

  /**
   * True if the stream of `exchange` is a call that the workload makes, false if it is called. Asked of each stream: a
   * root context has no direction of its own (envoyproxy/envoy#40486), and in Envoy 1.40 listeners of both share one.
   */
  isClient(exchange: Exchange): bool {
    return this.kind === AUTO ? exchange.isOutbound : this.kind === CLIENT;
  }
}

const roots: Root[] = [];
let isSeeded: bool = false;

/** The root context `id`, or null. There are few: one, and a second one while a configuration changes. */
export function findRoot(id: u32): Root | null {
  for (let i = 0; i < roots.length; i++) {
    let root = unchecked(roots[i]);
    if (root.id === id) return root;
  }
  return null;
}

function propagationOf(settings: Settings): Propagation {
  let extract = propagatorsAt(settings.trustIncoming ? settings.extract : []);
  let inject = propagatorsAt(settings.inject);
  return new Propagation(extract, inject, settings.traceIdBits === 128, settings.strip, settings.viaStates);
}

function ruleOf(setting: SamplingRule): Rule {
  let rule = new Rule(thresholdOf(setting.rate));
  rule.whenPathStartsWith(setting.pathPrefix);
  rule.whenMethodIs(setting.method);
  rule.whenHeaderIs(headerNameOf(setting.headerName), setting.headerValue);
  return rule;
}

function samplerOf(settings: Settings, keepsSpans: bool): Sampler {
  let excluded: Slice[] = [];
  for (let i = 0; i < settings.excludePaths.length; i++) excluded.push(text(settings.excludePaths[i]));
  let rules: Rule[] = [];
  for (let i = 0; i < settings.samplingRules.length; i++) rules.push(ruleOf(settings.samplingRules[i]));
  let perSecond = settings.maxTracesPerSecond;
  return new Sampler(settings.rate, perSecond, excluded, rules, settings.setsThreshold, keepsSpans);
}

/** The token of the settings, or of the environment variable that they name; "" = none. */
function accessTokenOf(settings: Settings, refusal: Refusal): string {
  let name = settings.accessTokenEnv;
  if (name.length === 0) return settings.accessToken;
  let token = readEnvironment(name);
  let allowed = "a variable of the VM's environment_variables that holds the token";
  if (token.length === 0) refusal.refuse("collector.access_token_env", name + " is not set or empty", allowed);
  if (!isHeaderValue(token)) refusal.refuse("collector.access_token_env", name + " holds control characters", allowed);
  return token;
}

function make(id: u32, settings: Settings, custom: CustomTags, accessToken: string, held: Region): Root {
  let node = askNode();
  let service = settings.serviceName.length > 0 ? settings.serviceName : serviceOf(node);
  let version = settings.serviceVersion.length > 0 ? settings.serviceVersion : versionOf(node);
  let tags = constantTags(node, version);
  for (let i = 0; i < custom.constant.length; i++) tags.push(custom.constant[i]);
  let keeping = new Keeping(settings.keepsErrors, <u64>settings.keepSlowerThanMs * 1000000);
  let trust = trustAt(node, settings.trustIncoming);
  return new Root(
    id,
    deliveryFor(settings, new Reporter(service, version, tags, accessToken), held),
    propagationOf(settings),
    samplerOf(settings, keeping.isOn),
    keeping,
    new Ending(keeping),
    new TagSettings(settings.maxTagLength, settings.dropsQuery, custom.changing),
    settings.logsTraceId,
    settings.spanKind,
    trust,
    prepare(needsVirtualHost(trust, settings.spanKind)),
    held,
  );
}

/**
 * True if spans of `kind` may have no better name than their virtual host's: each attribute costs, and Istio's sidecars do
 * without this one. Servers are trusted no more than clients.
 */
function needsVirtualHost(trust: Trust, kind: u32): bool {
  return (kind === CLIENT ? trust.ofClient : trust.ofServer) < AUTHORITY;
}

function refuse(reason: string): bool {
  error("configuration refused: " + reason);
  return false;
}

/** Takes the configuration of the root context `id`, `size` bytes; false, with one line in the log, if it is refused. */
export function configure(id: u32, size: u32): bool {
  let denied = missingCapabilities(id, false, false);
  if (denied.length > 0) return refuse(denied);
  let held = beginRegion();
  let json = over(0, 0);
  readConfiguration(size, json);
  let refusal = new Refusal();
  let settings = readSettings(json.at, json.size, refusal);
  if (settings === null) return refuse(refusal.reason);
  let readsEnvironment = settings.accessTokenEnv.length > 0 || settings.environmentTags.length > 0;
  denied = missingCapabilities(id, settings.logsTraceId || settings.viaStates, readsEnvironment);
  if (denied.length > 0) return refuse(denied);
  let custom = new CustomTags(settings, refusal);
  let accessToken = accessTokenOf(settings, refusal);
  if (refusal.reason.length > 0) return refuse(refusal.reason);
  if (!isSeeded) {
    tellOfCosts(seedIds(id));
    isSeeded = true;
    ensureList();
  }
  if (!defineAll()) error("Envoy did not take all counters: stats are incomplete");
  let root = make(id, settings, custom, accessToken, held);
  let previous = remove(id);
  roots.push(root);
  // Joins before it leaves: a delivery that both share must not end in between, for its last member sends all that is buffered.
  root.delivery.join(id);
  if (previous !== null) previous.delivery.leave(id);
  root.delivery.resume();
  noteRoot();
  return true;
}

function remove(id: u32): Root | null {
  for (let i = 0; i < roots.length; i++) if (roots[i].id === id) return swapRemove(roots, i);
  return null;
}

/** Ends the root context `id`. False if it has to wait for its last report; true even if there is no such root context. */
export function end(id: u32): bool {
  let root = remove(id);
  if (root === null) return true;
  root.delivery.leave(id);
  return mayEnd(id);
}

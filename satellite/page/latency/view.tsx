// Answers "what makes it slow?": lists the operations by how much a tag matters, and shows the latency of one of them
// by that tag. Every name and number comes from the spans.
import type { Comparison, Group, Operation, OperationChoice } from "../../store/compare.ts";
import { formatDuration } from "../../duration.ts";
import { KEPT_TAG } from "../../store/kept.ts";
import { Empty } from "../empty.tsx";
import { useCalm, useFetched } from "../fetch.ts";
import { goTo, linkTo } from "../route.ts";
import { linkToTraces } from "../traces/filters.ts";
import { formatFactor, plural, sentence, shorten } from "../words.ts";
import { Distributions } from "./plot.tsx";

/** Limit on the other tags that are shown as links; the select has them all. */
const MOST_TELLING = 8;
/** How many slow values the sentence names. */
const MOST_NAMED = 3;

interface LatencyProps {
  query: URLSearchParams;
  colours: Map<string, string>;
  touched: number;
}

export function LatencyView({ query, colours, touched }: LatencyProps) {
  const { value, problem } = useFetched<Comparison>(`/api/latency?${query}`, useCalm(touched, 2000));
  return (
    <section class="latency" aria-label="Latency">
      {value?.selected ? (
        <>
          <Operations comparison={value} colours={colours} />
          <Answer comparison={value} selected={value.selected} />
        </>
      ) : (
        <>
          <h1 class="unseen">Latency</h1>
          <Nothing problem={problem} comparison={value} service={query.get("service") ?? ""} />
        </>
      )}
    </section>
  );
}

interface NothingProps {
  problem: string | undefined;
  /** Undefined before the first answer. */
  comparison: Comparison | undefined;
  service: string;
}

function Nothing({ problem, comparison, service }: NothingProps) {
  if (problem) return <Empty title={sentence(problem)} />;
  if (comparison === undefined) return <Empty title="Loading …" />;
  const { operations, keptSpans } = comparison;
  const leftOut = keptSpans > 0 && <LeftOut keptSpans={keptSpans} service={service} />;
  const wanted = keptSpans > 0 ? "sampled span" : "span";
  if (operations.length === 0) {
    return <Empty title={`No ${wanted} has come yet`}>{leftOut || "Their latency appears here as they arrive."}</Empty>;
  }
  return (
    <Empty title={`There are no ${wanted}s of this operation`}>
      {leftOut || "The satellite keeps the latest ones only."} <a href={linkTo("latency")}>Another operation</a>
    </Empty>
  );
}

/** Says how many spans the comparison leaves out and why, and links to their traces. */
function LeftOut({ keptSpans, service }: { keptSpans: number; service: string }) {
  return (
    <>
      Not counted: {plural(keptSpans, "span")} kept only for an error or slowness, from traces that were not sampled.{" "}
      <a href={linkToTraces({ service, tags: [KEPT_TAG], min: "", max: "" })}>Show the traces</a>
    </>
  );
}

function addressOf(by: string, { service, kind, operation }: Operation): string {
  return linkTo("latency", { by, service, kind, operation });
}

function Operations({ comparison, colours }: { comparison: Comparison; colours: Map<string, string> }) {
  const { by, operations, selected } = comparison;
  return (
    <nav class="operations" aria-label="Operations">
      <h2>
        Operations <span>by how much {by} matters</span>
      </h2>
      <ul>
        {operations.map((choice) => (
          <li key={addressOf(by, choice)}>
            <a
              href={addressOf(by, choice)}
              aria-current={
                choice.label === selected?.label && choice.operation === selected.operation ? "true" : undefined
              }
            >
              <i class={colours.get(choice.service)} aria-hidden="true" />
              <span class="name">{choice.operation}</span>
              <span class="factor">{choice.values > 1 ? formatFactor(choice.spread) : ""}</span>
              <span class="service">{choice.label}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Answer({ comparison, selected }: { comparison: Comparison; selected: OperationChoice }) {
  const { by, groups, tags, otherValues, keptSpans } = comparison;
  return (
    <div class="answer">
      <header>
        <h1 title={selected.operation}>{selected.operation}</h1>
        <p class="label">
          {selected.label} · {plural(selected.count, "span")}
        </p>
        <label class="by">
          <span>Latency by</span>
          <select value={by} onChange={(event) => goTo(addressOf(event.currentTarget.value, selected))}>
            {tags.map(({ name, values, spread }) => (
              <option key={name} value={name}>
                {name} ({plural(values, "value")}, {formatFactor(spread)})
              </option>
            ))}
          </select>
        </label>
      </header>
      <p class="verdict" role="status">
        {verdict(by, groups)}
      </p>
      <Distributions by={by} service={selected.service} groups={groups} />
      {otherValues > 0 && <p class="aside">{plural(otherValues, "value")} with fewer spans are not shown.</p>}
      {keptSpans > 0 && (
        <p class="aside">
          <LeftOut keptSpans={keptSpans} service={selected.service} />
        </p>
      )}
      <OtherTags comparison={comparison} selected={selected} />
    </div>
  );
}

/** The tags that matter most, apart from the current one. */
function OtherTags({ comparison: { by, tags }, selected }: { comparison: Comparison; selected: OperationChoice }) {
  const telling = tags.filter(({ name }) => name !== by).sort((a, b) => b.spread - a.spread);
  if (telling.length === 0) return null;
  return (
    <nav class="other-tags" aria-label="Other tags">
      <h2>Or by</h2>
      <ul>
        {telling.slice(0, MOST_TELLING).map(({ name, spread }) => (
          <li key={name}>
            <a href={addressOf(name, selected)} title={name}>
              {shorten(name)} <span>{formatFactor(spread)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Says in a sentence what the picture shows. */
function verdict(by: string, groups: Group[]) {
  const named = ({ value }: Group): string => shorten(value ?? `(no ${by})`);
  const [fastest] = [...groups].sort((a, b) => a.medianMicros - b.medianMicros);
  const slow = groups.filter((group) => group.slow);
  const [only] = groups;
  if (!fastest || !only) return "There are no spans.";
  if (groups.length === 1 && only.value === null) return `No span has the tag ${by}: there is nothing to compare.`;
  if (groups.length === 1) {
    return (
      <>
        All spans have {by} <b>{named(only)}</b>: there is nothing to compare.
      </>
    );
  }
  if (slow.length === 0) {
    return (
      <>
        No {by} stands out: no median is more than twice that of <b>{named(fastest)}</b>,{" "}
        {formatDuration(fastest.medianMicros)}.
      </>
    );
  }
  const told = slow.slice(0, MOST_NAMED);
  const others = slow.length - told.length;
  const many = slow.length > 1;
  const medians = told.map(({ medianMicros }) => formatDuration(medianMicros)).join(", ");
  const least = Math.min(...slow.map(({ medianMicros }) => medianMicros)) / Math.max(1, fastest.medianMicros);
  return (
    <>
      {told.map((group, index) => (
        <>
          {index > 0 && ", "}
          <b class="slow">{named(group)}</b>
        </>
      ))}
      {others > 0 && ` and ${others} more`}
      {many ? " are slow: their medians" : " is slow: its median"}
      {others === 0 && ` of ${medians}`} {many ? "are at least" : "is"} <b>{formatFactor(least)}</b> that of{" "}
      {named(fastest)}, {formatDuration(fastest.medianMicros)}.
    </>
  );
}

// The fields above the list. Every keystroke goes into the address, which is the only state.
import { useEffect, useRef, useState } from "preact/hooks";
import { goTo, linkTo } from "../route.ts";
import { parseDuration } from "../words.ts";
import { linkToTraces } from "./filters.ts";
import type { Filters } from "./filters.ts";

interface BarProps {
  filters: Filters;
  services: string[];
  found: string;
}

export function FilterBar({ filters, services, found }: BarProps) {
  const { service, tags, min, max } = filters;
  const change = (part: Partial<Filters>): void => goTo(linkToTraces({ ...filters, ...part }), "replace");
  const known = services.includes(service) || service === "" ? services : [service, ...services];
  const any = service !== "" || tags.length > 0 || min !== "" || max !== "";
  return (
    <form class="filters" role="search" aria-label="Filter traces" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span>Service</span>
        <select value={service} onChange={(event) => change({ service: event.currentTarget.value })}>
          <option value="">any</option>
          {known.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <TagField tags={tags} onTags={(changed) => change({ tags: changed })} />
      <DurationField name="At least" hint="500ms" value={min} onValue={(text) => change({ min: text })} />
      <DurationField name="At most" hint="2s" value={max} onValue={(text) => change({ max: text })} />
      {any && (
        <a class="quiet" href={linkTo("traces")}>
          Clear
        </a>
      )}
      <output class="found" aria-live="polite">
        {found}
      </output>
    </form>
  );
}

/** The tags of the filter, each removable, and a field for another: `name=value`, or only a name. */
function TagField({ tags, onTags }: { tags: string[]; onTags(tags: string[]): void }) {
  const [text, setText] = useState("");
  const take = (): void => {
    const tag = text.trim();
    if (tag !== "" && !tag.startsWith("=") && !tags.includes(tag)) onTags([...tags, tag]);
    setText("");
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") take();
    else if (event.key === "Backspace" && text === "" && tags.length > 0) onTags(tags.slice(0, -1));
    else return;
    event.preventDefault();
  };
  return (
    <div class="tags-field">
      <label for="tag">
        <span>Tag</span>
      </label>
      {tags.map((tag) => (
        <button
          type="button"
          class="chip"
          key={tag}
          aria-label={`Take away the filter ${tag}`}
          onClick={() => onTags(tags.filter((each) => each !== tag))}
        >
          <span>{tag}</span> <span aria-hidden="true">×</span>
        </button>
      ))}
      <input
        id="tag"
        type="text"
        value={text}
        placeholder="version=v3"
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={take}
      />
    </div>
  );
}

interface DurationProps {
  name: string;
  hint: string;
  value: string;
  onValue(text: string): void;
}

/** Keeps its own text while the user types; takes the address's when that changes otherwise. */
function DurationField({ name, hint, value, onValue }: DurationProps) {
  const field = useRef<HTMLInputElement>(null);
  const wrong = value !== "" && parseDuration(value) === null;
  useEffect(() => {
    if (field.current && field.current.value !== value) field.current.value = value;
  }, [value]);
  return (
    <label>
      <span>{name}</span>
      <input
        ref={field}
        type="text"
        class="duration"
        placeholder={hint}
        aria-invalid={wrong}
        title={wrong ? `${value} is no duration: 800µs, 500ms, 1.5s or 2m are` : undefined}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </label>
  );
}

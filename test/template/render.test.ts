import { describe, expect, it } from "vitest";
import { airflowContext, type RunFacts } from "../../src/template/context.ts";
import { parseTemplate } from "../../src/template/parse.ts";
import { renderTemplate } from "../../src/template/render.ts";

const facts: RunFacts = {
  dag_id: "flights",
  run_id: "scheduled__2024-03-05T03:00:00+00:00",
  task_id: "load.to_dwh",
  timezone: "Europe/Moscow",
  logical_date: "2024-03-05T03:00:00Z",
  data_interval_start: "2024-03-05T03:00:00Z",
  data_interval_end: "2024-03-06T03:00:00Z",
  params: { limit: 10, name: "o'neill", empty: null },
  variables: { bucket: "lake" },
  try_number: 2,
};

function render(text: string): string {
  return renderTemplate(parseTemplate(text), airflowContext(facts));
}

describe("what a task's template sees", () => {
  it("renders the run's dates, parameters and names", () => {
    expect(render("select * from f where day = '{{ ds }}' limit {{ params.limit }}")).toBe(
      "select * from f where day = '2024-03-05' limit 10",
    );
    expect(render("{{ dag.dag_id }}/{{ task.task_id }}/{{ run_id }}/{{ ti.try_number }}")).toBe(
      "flights/load.to_dwh/scheduled__2024-03-05T03:00:00+00:00/2",
    );
    expect(render("{{ params.empty }} {{ var.value.bucket }} {{ var.value.get('no', 'default') }}")).toBe("None lake default");
  });
});

/** The names that Airflow gives to templates: task_runner.get_template_context of 3.x, taskinstance of 2.x, execution_time/macros. */

/** Names that a local run gives a value. */
export const LOCAL_NAMES = [
  "dag",
  "dag_run",
  "data_interval_end",
  "data_interval_start",
  "ds",
  "ds_nodash",
  "logical_date",
  "macros",
  "params",
  "run_id",
  "task",
  "task_instance",
  "task_instance_key_str",
  "ti",
  "ts",
  "ts_nodash",
  "ts_nodash_with_tz",
  "var",
] as const;

/** Names that only a server can give. */
export const SERVER_NAMES = [
  "asset_state_store",
  "conn",
  "exception",
  "expanded_ti_count",
  "inlet_events",
  "inlets",
  "map_index_template",
  "outlet_events",
  "outlets",
  "partition_date",
  "partition_key",
  "prev_data_interval_end_success",
  "prev_data_interval_start_success",
  "prev_end_date_success",
  "prev_start_date_success",
  "reason",
  "task_reschedule_count",
  "task_state_store",
  "templates_dict",
  "test_mode",
  "triggering_asset_events",
  "try_number",
] as const;

/** Names of 2.x that 3.x does not have, and what to write instead. */
export const REMOVED_NAMES: { readonly [name: string]: string } = {
  conf: "`var.value` or a parameter",
  execution_date: "`logical_date`",
  next_ds: "`data_interval_end | ds`",
  next_ds_nodash: "`data_interval_end | ds_nodash`",
  next_execution_date: "`data_interval_end`",
  prev_ds: "`macros.ds_add(ds, -1)`, for a daily pipeline",
  prev_ds_nodash: "`macros.ds_add(ds, -1) | replace('-', '')`, for a daily pipeline",
  prev_execution_date: "`logical_date - macros.timedelta(days=1)`, for a daily pipeline",
  prev_execution_date_success: "`prev_data_interval_start_success`",
  tomorrow_ds: "`macros.ds_add(ds, 1)`",
  tomorrow_ds_nodash: "`macros.ds_add(ds, 1) | replace('-', '')`",
  triggering_dataset_events: "`triggering_asset_events`",
  yesterday_ds: "`macros.ds_add(ds, -1)`",
  yesterday_ds_nodash: "`macros.ds_add(ds, -1) | replace('-', '')`",
};

/** Attributes of `macros` that a local run has. */
export const LOCAL_MACROS = ["dateutil", "datetime", "ds_add", "ds_format", "json", "timedelta"] as const;

/** Attributes of `macros` that it has not, and why. */
export const OTHER_MACROS: { readonly [name: string]: string } = {
  datetime_diff_for_humans: "it is not available in a local run",
  ds_format_locale: "it needs the locales of Airflow's machine",
  random: "it gives another value in every run, so that nothing that uses it can be repeated",
  time: "it depends on the time of day, so that every run would differ",
  uuid: "it gives another value in every run, so that nothing that uses it can be repeated",
  yaml: "it is not available in a local run: use macros.json",
};

/** Attributes of objects that a local run has; any other may exist on a server. */
export const LOCAL_ATTRIBUTES: { readonly [object: string]: readonly string[] } = {
  dag: ["dag_id", "timezone"],
  dag_run: ["conf", "dag_id", "data_interval_end", "data_interval_start", "logical_date", "run_id", "run_type"],
  task: ["dag_id", "task_id"],
  ti: ["dag_id", "map_index", "run_id", "task_id", "try_number"],
  task_instance: ["dag_id", "map_index", "run_id", "task_id", "try_number"],
};

/** Attributes that 2.x has and 3.x has not, of dag_run and ti. */
export const REMOVED_ATTRIBUTES: { readonly [name: string]: string } = {
  execution_date: "`logical_date`",
  external_trigger: "`dag_run.run_type`",
};

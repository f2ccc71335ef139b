/** Where Airflow's own operators live: in the standard provider, or, on Airflow 2 without it, in Airflow's core. */

export interface Places {
  readonly airflow3: string;
  readonly airflow2: string;
}

/** Modules of airflow.providers.standard that were in airflow.operators and airflow.sensors, by their classes. */
const moved: { readonly [module: string]: readonly string[] } = {
  "operators.bash": ["BashOperator"],
  "operators.branch": ["BaseBranchOperator", "BranchMixIn"],
  "operators.datetime": ["BranchDateTimeOperator"],
  "operators.empty": ["EmptyOperator"],
  "operators.latest_only": ["LatestOnlyOperator"],
  "operators.python": [
    "BranchExternalPythonOperator",
    "BranchPythonOperator",
    "BranchPythonVirtualenvOperator",
    "ExternalPythonOperator",
    "PythonOperator",
    "PythonVirtualenvOperator",
    "ShortCircuitOperator",
  ],
  "operators.smooth": ["SmoothOperator"],
  "operators.trigger_dagrun": ["TriggerDagRunOperator"],
  "operators.weekday": ["BranchDayOfWeekOperator"],
  "sensors.bash": ["BashSensor"],
  "sensors.date_time": ["DateTimeSensor", "DateTimeSensorAsync"],
  "sensors.external_task": ["ExternalTaskMarker", "ExternalTaskSensor"],
  "sensors.filesystem": ["FileSensor"],
  "sensors.python": ["PythonSensor"],
  "sensors.time": ["TimeSensor", "TimeSensorAsync"],
  "sensors.time_delta": ["TimeDeltaSensor", "TimeDeltaSensorAsync", "WaitSensor"],
  "sensors.weekday": ["DayOfWeekSensor"],
};

/** Modules that had another name in Airflow 2's core. */
const renamed: { readonly [module: string]: string } = { "sensors.time": "sensors.time_sensor" };

/** Both places of a class; the same one twice for all others. */
export function findPlaces(path: string): Places {
  const [, module = "", name = ""] = /^airflow\.(?:providers\.standard\.)?((?:operators|sensors)\.\w+)\.(\w+)$/.exec(path) ?? [];
  const current = Object.entries(renamed).find(([, old]) => old === module)?.[0] ?? module;
  if (!moved[current]?.includes(name)) return { airflow3: path, airflow2: path };
  return { airflow3: `airflow.providers.standard.${current}.${name}`, airflow2: `airflow.${renamed[current] ?? current}.${name}` };
}

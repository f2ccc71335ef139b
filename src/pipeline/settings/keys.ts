/** The keys of the settings files, with what an editor says of each. */

/** Root keys of all four files; `default_env` has a meaning in tradewind.yaml only. */
export const aboutSettings = {
  airflow: "What is true of the Airflow that runs the pipelines.",
  store: "Where artifacts, results and code lie.",
  engine: "What runs the jobs on Airflow: process (default), docker or kubernetes. A flavor's and a task's own come before it.",
  engines: "The Airflow operator that runs an engine's jobs, and its arguments.",
  launcher: "How a job finds Tradewind: a command on PATH, a path, or pip: tradewind==1.0; for containers a map with `image` or `folder`.",
  python: "Where Python packages come from, instead of the index that each worker is set to.",
  flavors: "Resources that jobs ask for by name.",
  images: "Images that jobs ask for by name: a full reference, or a map with `image` and `python`.",
  types: "Kinds of files, besides those that are known: a name and its extension.",
  defaults: "Task keys and parameters for every task that does not give its own.",
  vars: "What ${name} and ${a.b} read in pipelines and settings.",
  default_env: "Environment that is meant when none is named; dev by default.",
};

export const aboutAirflow = {
  version: "Airflow that dag.py is written for: portable (2.10 to 3 in one file; the default), 2 or 3.",
  dag_id: "Made of {name}, {env} and {project}; {name} by default.",
  connection: "Connection (type http) to the REST API of the environment's Airflow, for tradewind parity.",
  operators: "Package from which Airflow imports the team's own operators (operators/*.py); operators by default.",
  macros: "Names that plugins of this Airflow add to templates.",
};

export const aboutStore = {
  url: "A folder that all workers see, or s3://bucket/prefix; .tradewind/store/<env> by default.",
  connection: "Airflow connection of type aws with the store's credentials; without it AWS's standard chain finds them.",
  endpoint: "Address of an S3 server that is not AWS, such as https://s3.example.org.",
  region: "Region of the bucket.",
  addressing: "Where the bucket's name goes: path (usual with an endpoint) or virtual, before the host (usual at AWS).",
  code: "Address of packed code and files, when it is not `url`.",
  models: "Address of models, when it is not `url`.",
  keep: "How long artifacts are kept; older ones are not taken from the cache.",
};

export const aboutLauncher = {
  command: "Command on PATH or a path: of a worker, or of an image that has Tradewind inside.",
  pip: "Requirement that a worker installs, such as tradewind==1.0.",
  image: "Image that brings Tradewind into a pod, as its init container.",
  folder: "Folder on the Docker host that holds Tradewind; containers see it read-only.",
};

export const aboutPython = {
  index_url: "Package index that pip and uv ask, such as https://pypi.company/simple.",
  extra_index_urls: "Further indexes; of all versions that they have the newest fitting one is taken.",
  find_links: "Folders and pages with archives; without index_url they are all that is looked at.",
  connection: "Connection whose login and password index_url wants, and other addresses on its host.",
};

export const aboutEngine = {
  operator: "Class with its module, such as airflow.providers.standard.operators.bash.BashOperator.",
  arguments: "Further arguments of the class.",
};

export const aboutContainerEngine = {
  ...aboutEngine,
  image: "Image of the jobs that name none: an alias of `images`, or a full reference.",
};

export const aboutKubernetesEngine = {
  ...aboutContainerEngine,
  connections: "Kubernetes Secret of a connection; {id} stands for the connection's id.",
  volume_claim: "PersistentVolumeClaim that holds the store, when that is a folder.",
};

export const aboutSecret = {
  secret: "Name of the Secret; airflow-conn-{id} by default.",
  key: "Key in it whose value is the connection's URI; uri by default.",
};

export const aboutFlavor = {
  cpu: "Cores.",
  memory: "Such as 2 GB or 512Mi.",
  memory_max: "After a try that ran out of memory the next one gets twice as much, up to this.",
  disk: "What the script may write: beside it, to its TMPDIR and as outputs. Such as 10 GB.",
  gpu: "Number of GPUs.",
  queue: "Airflow's queue of the tasks that have this flavor.",
  node_selector: "Labels of the Kubernetes nodes that may run it.",
  tolerations: "Taints of Kubernetes nodes that it may run on all the same.",
  engine: "What runs the jobs that have this flavor: process, docker or kubernetes.",
};

export const aboutToleration = {
  key: "Of the taint.",
  operator: "Equal (default) or Exists.",
  value: "Of the taint, for Equal.",
  effect: "NoSchedule, PreferNoSchedule or NoExecute; any by default.",
  toleration_seconds: "How long a pod stays on a node that gets a NoExecute taint.",
};

export const aboutImage = {
  image: "Full reference, such as registry/name:tag.",
  python: 'Interpreter inside of it, such as "3.11".',
};

export const aboutType = {
  extension: "With the dot, such as .onnx.",
  dir: "true: a folder instead of a file.",
};

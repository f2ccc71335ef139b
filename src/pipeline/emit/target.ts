/** `portable`: one file for Airflow 2.10, 2.11 and every 3.x; `2` and `3`: only the imports of that major version. */
export type Target = "portable" | "2" | "3";

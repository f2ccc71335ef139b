import { defineConfig } from "vitest/config";

/** `unit` needs nothing but Node and bash; `services` starts real servers and Python; `airflow` runs real Airflow. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.service.test.ts", "test/airflow/**"],
        },
      },
      {
        test: {
          name: "services",
          include: ["test/**/*.service.test.ts"],
          exclude: ["test/airflow/**"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "airflow",
          include: ["test/airflow/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "soak",
          include: ["test/**/*.soak.ts"],
          testTimeout: 1_800_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

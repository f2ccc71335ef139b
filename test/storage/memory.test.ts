import { createMemoryStore } from "../../src/storage/memory.ts";
import { testStore } from "./contract.ts";

testStore("memory", createMemoryStore);

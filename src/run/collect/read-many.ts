/** Many small objects, some at a time: an S3 server answers each after milliseconds, but hundreds at once. */
import type { Entry, Store } from "../../storage/store.ts";

const atOnce = 32;

/** The bytes of each, as they come; undefined for what is gone. */
export async function* readMany<T extends Pick<Entry, "key">>(
  items: Iterable<T>,
  store: Store,
): AsyncGenerator<{ readonly item: T; readonly bytes: Uint8Array | undefined }> {
  const reading = new Map<string, Promise<{ readonly item: T; readonly bytes: Uint8Array | undefined }>>();
  const take = async () => {
    const done = await Promise.race(reading.values());
    reading.delete(done.item.key);
    return done;
  };
  for (const item of items) {
    reading.set(
      item.key,
      store.get(item.key).then((bytes) => ({ item, bytes })),
    );
    if (reading.size >= atOnce) yield await take();
  }
  while (reading.size > 0) yield await take();
}

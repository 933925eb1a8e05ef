import type { YamlFile } from '../../base/yaml-file/yaml-file.ts';
import { type JigFile, jigSchema } from './schema.ts';

/** Whether a jig.yaml is that of a station in a fleet: what it makes comes from there. */
export const isInFleet = (content: unknown): content is Readonly<Record<string, unknown>> =>
  content !== null && typeof content === 'object' && 'fleet' in content;

/** A jig.yaml by its schema. That of a station in a fleet may be without an image, and has an empty list then. @throws BootctlError `jig-invalid` */
export function checkedFile(file: YamlFile): JigFile {
  if (!isInFleet(file.document.toJS())) return file.checked(jigSchema);
  const { image = [], ...others } = file.checked(jigSchema.partial({ image: true }));
  return { ...others, image };
}

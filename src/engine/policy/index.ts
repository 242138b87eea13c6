/** Admission plugins that concern many kinds. Their order is apiserver/admission-plugins.ts'. */
import type { ServerPlugin } from '../../api/meta/define-kind.ts';

export const plugins: readonly ServerPlugin[] = [];

/** The YAML language server as a worker file of ours, so that the bundler makes it a file and not a blob. */
import 'monaco-yaml/yaml.worker.js';

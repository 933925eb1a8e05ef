import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** The key of the property that holds this node, or a list with it. */
function keyOf(path) {
  const holder = path.findParent((one) => !one.isArrayExpression());
  return holder?.isObjectProperty() ? holder.node.key.name : undefined;
}

const isText = (path) => path.isStringLiteral() || path.isTemplateLiteral();
const isNewError = (path) => path?.isNewExpression() && path.node.callee.name === 'BootctlError';
const isHintCall = (path) => path?.isCallExpression() && path.node.callee.property?.name === 'withHint';
const isSetup = (path) => path.parentPath?.isCallExpression() && path.parentPath.node.callee.name === 'setup';

/** What no test is to hold still: each rule says why. */
const rules = [
  {
    // Prose for the chart, and which machines a state runs: test/arch compares the page with the machines.
    why: 'shown in the chart only',
    holds: (path) => path.isObjectProperty() && ['description', 'meta'].includes(path.node.key.name),
  },
  {
    // The tests hold the code of an error, and the facts in its details; its sentences may be said better any day.
    why: 'words of a message',
    holds: (path) =>
      isText(path) &&
      (keyOf(path) === 'hint' ||
        isHintCall(path.parentPath) ||
        (isNewError(path.parentPath) && path.listKey === 'arguments')),
  },
  {
    // Types, and the place where an operation puts its own function before the machine starts.
    why: 'nothing at run time',
    holds: (path) =>
      path.isObjectProperty() && ['types', 'actors'].includes(path.node.key.name) && isSetup(path.parentPath),
  },
  {
    // xstate does not start a machine with a name that it does not know, and `setup()` has most of them type-checked.
    // Names of actions are mutated: an unknown action is left out without a word.
    why: 'a name that xstate resolves',
    holds: (path) => path.isStringLiteral() && ['target', 'src', 'guard', 'initial', 'id'].includes(keyOf(path)),
  },
];

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'not-mutated', {
    shouldIgnore: (path) => rules.find(({ holds }) => holds(path))?.why,
  }),
];

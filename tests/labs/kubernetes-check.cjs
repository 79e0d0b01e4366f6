// SPDX-License-Identifier: MIT
// kubernetes-check.cjs FILE: checks each document of a manifest against Kubernetes' own schemas, without a cluster.
//
// Prints what is wrong, a line each; exit status 0: nothing. A field that no schema asks for is an error too: Kubernetes would
// drop it without a word, and what it should have limited would not be limited.
const fs = require('fs');
const modules = process.env.KUBERNETES_MODELS;
const yaml = require(modules + '/yaml');
const kSchemas = {
    Job: 'IoK8sApiBatchV1Job',
    NetworkPolicy: 'IoK8sApiNetworkingV1NetworkPolicy',
    PersistentVolumeClaim: 'IoK8sApiCoreV1PersistentVolumeClaim',
};

const errors = [];

// A view of a value that notes which of its fields were read.
function watched(value, path, unread) {
    if (value === null || typeof value !== 'object') return value;
    if (!Array.isArray(value)) for (const name of Object.keys(value)) unread.add(path + '/' + name);
    const inner = {};
    for (const name of Object.keys(value)) inner[name] = watched(value[name], path + '/' + name, unread);
    return new Proxy(Array.isArray(value) ? Object.values(inner) : inner, {
        get(target, name) {
            unread.delete(path + '/' + String(name));
            return target[name];
        },
    });
}

for (const document of yaml.parseAllDocuments(fs.readFileSync(process.argv[2], 'utf8'))) {
    errors.push(...document.errors.map(String));
    const manifest = document.toJS();
    const schema = kSchemas[manifest.kind];
    if (!schema) {
        errors.push(`no schema for ${manifest.kind}`);
        continue;
    }
    const { validate } = require(`${modules}/kubernetes-models/_schemas/${schema}.js`);
    const unread = new Set();
    if (!validate(watched(manifest, '', unread)))
        errors.push(...validate.errors.map(error => `${manifest.kind}${error.instancePath}: breaks the rule "${error.keyword}"`));
    // Maps of names that are the user's own.
    const own = /\/(labels|matchLabels|annotations|limits|requests)\/|^\/(apiVersion|kind)$/;
    errors.push(...[...unread].filter(path => !own.test(path)).map(path => `${manifest.kind}${path}: no such field`));
}
errors.forEach(error => console.log(error));
process.exit(errors.length ? 1 : 0);

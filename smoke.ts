import { createCipheriv, randomBytes, randomUUID, createHash } from 'node:crypto';
import { importEncryptionKey } from './src/crypto/encryption-key.ts';
import { recognize } from './src/discovery/recognize.ts';
const k = randomBytes(32), k2 = randomBytes(32);
const keys = [k, k2].map((b) => importEncryptionKey(b.toString('hex')));
function enc(n: number, pt = 'hello ' + randomUUID(), key = k) { const iv = randomBytes(n); const c = createCipheriv('aes-256-gcm', key, iv); const content = Buffer.concat([c.update(pt), c.final()]); return { iv, content, tag: c.getAuthTag() }; }
const show = (r: any) => console.log(JSON.stringify(r.values.map((v: any) => [v.layout.columns, [...v.under]])), r.complete);
const T = (name: string, kind: any = 'text') => ({ name, kind });
const rows = (n: number, f: (i: number) => any) => Array.from({ length: n }, (_, i) => f(i));
function run(title: string, columns: any[], rs: any[]) { const t = performance.now(); const r = recognize({ columns, rows: rs }, keys, 1e5); console.log(title, (performance.now() - t).toFixed(1), 'ms'); show(r); }
run('tzurot', [T('name'), T('iv'), T('content'), T('tag')], rows(100, () => { const e = enc(16); return { name: 'user', iv: e.iv.toString('hex'), content: e.content.toString('hex'), tag: e.tag.toString('hex') }; }));
run('langfuse', [T('x')], rows(100, (i) => { const e = enc(12, 'p', i % 2 ? k : k2); return { x: [e.iv, e.content, e.tag].map((b) => b.toString('hex')).join(':') }; }));
run('typebot', [T('data'), T('iv')], rows(100, () => { const e = enc(12); return { iv: e.iv.toString('hex'), data: Buffer.concat([e.content, e.tag]).toString('base64') }; }));
run('prefixed', [T('a'), T('b')], rows(100, (i) => { const e = enc(16); const e2 = enc(12); return { a: i % 3 ? null : 'enc:v1:' + Buffer.concat([e.iv, e.tag, e.content]).toString('hex'), b: 'v1' + Buffer.concat([e2.iv, e2.tag, e2.content]).toString('base64url') }; }));
run('json', [T('j', 'json'), T('t')], rows(100, () => { const e = enc(12); const o = { iv: e.iv.toString('hex'), data: e.content.toString('hex'), tag: e.tag.toString('hex'), v: 1 }; return { j: JSON.stringify(o), t: JSON.stringify({ c: [e.iv, e.content, e.tag].map((b) => b.toString('base64')).join('.') }) }; }));
run('bytes', [T('b', 'bytes')], rows(100, () => { const e = enc(12); return { b: Buffer.concat([Buffer.from('v1:'), e.iv, e.content, e.tag]).toString('hex') }; }));
const noise = ['uuid', 'sha', 'md5', 'md52', 'b64', 'url', 'jwt', 'bcrypt', 'cuid', 'text', 'b'];
run('noise', noise.map((n) => T(n, n === 'b' ? 'bytes' : 'text')), rows(100, () => ({ uuid: randomUUID(), sha: createHash('sha256').update(randomBytes(4)).digest('hex'), md5: randomBytes(16).toString('hex'), md52: randomBytes(16).toString('hex'), b64: randomBytes(40).toString('base64'), url: 'https://example.com/a/b?x=' + randomUUID(), jwt: [1, 2, 3].map((n) => randomBytes(n * 16).toString('base64url')).join('.'), bcrypt: '$2b$10$' + randomBytes(40).toString('base64').slice(0, 53), cuid: 'c' + randomBytes(12).toString('hex'), text: 'The quick brown fox jumps over the lazy dog', b: randomBytes(48).toString('hex') })));

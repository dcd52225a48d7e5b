import { goRules } from './go.ts';
import { type Code, testRules } from './testing.ts';

const at = (path: string, text: string): Code => ({ path, text });
/** A statement in a function of a library; line 1 is the statement's. */
const body = (statement: string, name = 'work', pack = 'lib'): string => `package ${pack}; func ${name}() { ${statement}\n}`;

testRules(goRules, 'lib/a.go', {
  'go-empty-error-branch': {
    finds: [body('if err != nil {}'), body('if err := f(); err != nil { }'), body('if readErr != nil {\n\n}'), body('if nil != err {}'), body('if err != nil {} else { g() }')],
    leaves: [body('if err != nil { return err }'), body('if err != nil {\n// fine: gone already\n}'), body('if err == nil {}'), body('if x != nil {}'), body('if err != nil && ok {}'), body('for err != nil {}')],
  },
  'go-defer-in-loop': {
    finds: [body('for _, f := range fs { defer f.Close() }'), body('for { if x { defer f() } }'), body('for i := 0; i < 9; i++ {\nswitch i {\ncase 1:\n\tdefer f() // !!\n}\n}'), body('g(func() { for { defer f() } })')],
    leaves: [body('defer f()'), body('for _, f := range fs { func() { defer f.Close() }() }'), body('if x { defer f() }'), body('for {}; defer f()'), body('for x := range xs { go f(x) }')],
  },
  'go-sql-format': {
    finds: [body('db.Query(fmt.Sprintf("SELECT * FROM %s", t))'), body('tx.ExecContext(ctx, "DELETE FROM t WHERE id=" + id)'), body('s.db.QueryRow("SELECT " + cols + " FROM t")'), body('db.QueryRowContext(ctx, fmt.Sprintf(q, x), y)')],
    leaves: [body('db.Query("SELECT 1 WHERE a = ?", id)'), body('db.Query("SELECT a " + "FROM t")'), body('db.Query(query, a + b)'), body('r.URL.Query()'), body('db.ExecContext(ctx, query)'), body('log.Print(fmt.Sprintf("%s", x))'), body('db.Exec(q, fmt.Sprintf("%d", n))')],
  },
  'go-tls-off': {
    finds: [body('c := &tls.Config{InsecureSkipVerify: true}'), body('c := tls.Config{\n\tInsecureSkipVerify: true, // !!\n}').replace(', // !!', ', // !!'), body('cfg.InsecureSkipVerify = true'), 'package lib; var c = http.Transport{TLSClientConfig: &tls.Config{MinVersion: 3, InsecureSkipVerify: true}}'],
    leaves: [body('c := &tls.Config{InsecureSkipVerify: false}'), body('c := &tls.Config{InsecureSkipVerify: insecure}'), body('if c.InsecureSkipVerify == true { f() }'), 'package lib // InsecureSkipVerify: true', body('c := map[string]bool{"InsecureSkipVerify": true}')],
  },
  'go-shell-command': {
    finds: [body('exec.Command("sh", "-c", cmd)'), body('exec.Command("/bin/bash", "-c", "ls " + dir)'), body('exec.CommandContext(ctx, "bash", "-c", fmt.Sprintf("ls %s", d))'), body('x := exec.Command(`/bin/sh`, `-c`, s).Run()')],
    leaves: [body('exec.Command("sh", "-c", "ls | wc")'), body('exec.Command("ls", "-c", dir)'), body('exec.Command("sh", script)'), body('exec.Command(name, "-c", cmd)'), body('cobra.Command("sh", "-c", cmd)')],
  },
  'go-weak-hash': {
    finds: [body('h := md5.New()'), body('x := sha1.Sum(data)'), body('m := hmac.New(sha1.New, key)'), body('y := md5.Sum([]byte(s))')],
    leaves: [body('h := sha256.New()'), body('x := sha512.Sum512(d)'), 'package lib; import "crypto/md5"', body('n := md5.Size'), body('h := hash.New()')],
  },
  'go-panic': {
    finds: [body('panic("no")'), body('f(func() { panic(err) })'), body('panic("x")', 'Mustard'), 'package lib; type T int; func (t T) Get() { panic("x") }', 'package lib; var x = func() int { panic("no") }()'],
    leaves: [body('panic("no")', 'run', 'main'), body('panic(err)', 'MustParse'), body('panic(err)', 'init'), body('f(func() { panic(err) })', 'mustOpen'), at('lib/a_test.go', body('panic("no")')), body('p.panic("x")'), body('recover()'), 'package lib; func (t T) Must() { panic("x") }'],
  },
});

import { rustRules } from './rust.ts';
import { type Code, testRules } from './testing.ts';

const at = (path: string, text: string): Code => ({ path, text });
const body = (statement: string): string => `fn work() { ${statement}\n}`;
const tested = (statement: string): string => `#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a() { ${statement} }\n    fn help() { ${statement} }\n}`;

testRules(rustRules, 'src/lib.rs', {
  'rs-unwrap': {
    finds: [body('x.unwrap();'), body('println!("{}", a.unwrap());'), body('a()\n    .b()\n    .unwrap() // !!\n    .c();'), '#[cfg(not(test))]\nmod a { fn b() { c.unwrap(); } } // !!', '#[cfg(test)]\nmod t {}\nfn f() { x.unwrap(); } // !!', '#[cfg(feature = "test-util")]\nfn f() { x.unwrap(); } // !!'],
    leaves: [tested('x.unwrap();'), '#[test] fn t() { x.unwrap(); }', '#[tokio::test]\nasync fn t() { x.unwrap(); }', '#[test]\n#[should_panic(expected = "x")]\nfn t() { x.unwrap(); }', at('tests/a.rs', body('x.unwrap();')), at('examples/a.rs', body('x.unwrap();')), at('build.rs', body('x.unwrap();')), body('x.unwrap_or(1);'), body('x.unwrap_or_default();'), body('xs.map(Option::unwrap);'), '// x.unwrap()\n/// ```\n/// x.unwrap();\n/// ```\nfn f() {}', '#[cfg(all(unix, test))]\nmod t { fn f() { x.unwrap(); } }', body('println!("x.unwrap()");'), at('src/tests.rs', body('x.unwrap();'))],
  },
  'rs-empty-expect': {
    finds: [body('x.expect("");'), body('a(x.expect(""))'), body('format!("{}", x.expect(""));'), body('x\n  .expect(""); // !!')],
    leaves: [body('x.expect("a lock that nobody poisons");'), body('x.expect(message);'), body('expect("");'), body('x.expect_err("");')],
  },
  'rs-unsafe': {
    finds: [body('let x = unsafe { *p };'), 'pub unsafe fn f() {}', 'unsafe impl Send for X {}', '// fast\nfn f() {\n    unsafe { g() } // !!\n}', '// SAFETY: for another one\n\nunsafe impl Sync for X {} // !!', '/// # Safety\n/// p is valid.\npub unsafe fn f(p: *const u8) {\n    unsafe { *p }; // !!\n}'],
    leaves: [
      '// SAFETY: p is valid\nunsafe impl Send for X {}',
      '/// Reads.\n///\n/// # Safety\n/// p must be valid.\n#[inline]\npub unsafe fn f(p: *const u8) {}',
      body('unsafe {\n    // SAFETY: checked above\n    *p\n};'),
      'fn f() {\n    // SAFETY: n is in range, since it\n    // was checked.\n    let x =\n        unsafe { xs.get_unchecked(n) };\n}',
      body('unsafe { /* SAFETY: fine */ g() }'),
      'fn f() {}',
      'type F = unsafe extern "C" fn(i32);',
      body('/* SAFETY: fine */ unsafe { g() }'),
      'fn f() {\n    match x {\n        // SAFETY: a is valid\n        A => unsafe { a() },\n    }\n}',
    ],
  },
  'rs-todo': {
    finds: [body('todo!()'), body('unimplemented!("later")'), body('select! { _ = a => todo!() }'), body('let x: u8 = todo!("x");')],
    leaves: [body('unreachable!()'), body('let todo = 1;'), '// todo!()\nfn f() {}', body('todo(1);'), body('a.todo();')],
  },
  'rs-dbg': {
    finds: [body('dbg!(x);'), body('let y = dbg!(a + b);'), body('f(vec![dbg!(x)]);')],
    leaves: [body('println!("{:?}", x);'), body('dbg(x);'), '// dbg!(x)\nfn f() {}', body('log::debug!("x");')],
  },
  'rs-panic': {
    finds: [body('panic!("no");'), body('x.unwrap_or_else(|| panic!("no"));'), body('std::panic!("no");'), body('match x {\n    A => panic!("a"), // !!\n    _ => {}\n}')],
    leaves: [tested('panic!("no");'), at('crates/a/tests/b.rs', body('panic!("no");')), body('std::panic::catch_unwind(f);'), '#[test]\nfn t() { panic!("no") }', 'use std::panic;', body('assert!(x);')],
  },
  'rs-transmute': {
    finds: [body('mem::transmute::<u32, f32>(x);'), body('std::mem::transmute(x);'), body('let y: f32 = transmute(x);'), body('core::mem::transmute::<A, B>(x);')],
    leaves: [body('mem::transmute_copy(&x);'), body('f32::from_bits(x);'), 'use std::mem::transmute;', body('my::transmute(x);'), body('mem::take(&mut x);')],
  },
  'rs-ignored-result': {
    finds: [body('let _ = send(x);'), body('let _ = tx.send(x);'), body('let _ = tx.send(x).await;'), body('let _: Result<(), E> = f();')],
    leaves: [body('let _guard = lock();'), body('let _ = x;'), body('let (_, b) = f();'), body('let _ = f()?;'), body('let y = f();'), body('let _ = write!(f, "x");'), body('f().ok();')],
  },
});

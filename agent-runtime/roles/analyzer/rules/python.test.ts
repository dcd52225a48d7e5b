import { pythonRules } from './python.ts';
import { testRules } from './testing.ts';

const tried = (clause: string, body: string) => `try:\n    a()\n${clause}  # !!\n    ${body}\n`;
const caught = (clause: string, body: string) => `try:\n    a()\n${clause}\n    ${body}\n`;

testRules(pythonRules, 'src/a.py', {
  'py-bare-except': {
    finds: [tried('except:', 'pass'), tried('except :', 'log()'), 'def f():\n    try:\n        a()\n    except:  # !!\n        raise\n'],
    leaves: [caught('except Exception:', 'log()'), caught('except (A, B) as e:', 'raise'), 'x = "except:"', '# except:'],
  },
  'py-swallowed-exception': {
    finds: [tried('except ValueError:', 'pass'), tried('except (A, B) as e:', '...'), tried('except Exception:', 'pass  # never mind'), tried('except OSError as e:', '# why\n    pass')],
    leaves: [caught('except:', 'pass'), caught('except ValueError:', 'return None'), caught('except ValueError:', 'log()\n    pass'), 'try:\n    a()\nfinally:\n    pass\n', 'class A(Exception):\n    pass\n'],
  },
  'py-mutable-default': {
    finds: ['def f(a=[]): return a', 'def f(a, b: dict = {}): return b', 'def f(*, a=set()): return a', 'lambda a=[1]: a', 'def f(\n    self,\n    seen={1, 2},  # !!\n):\n    pass', 'async def f(a: list[int] = list()): pass'],
    leaves: ['def f(a=()): return a', 'def f(a=None): return a', 'f(a=[])', 'a = []', 'def f(a="[]", b=0): pass', 'def f(a=frozenset()): pass', 'def f(a: list): pass'],
  },
  'py-eval': {
    finds: ['eval(expression)', 'exec(open(path).read())', 'x = eval(f"{a} + 1")', 'eval("1" + a)', 'builtins.exec(code, scope)'],
    leaves: ['eval("1 + 1")', 'model.eval()', 'ast.literal_eval(x)', 'exec("import " "os")', 'self.eval(x)', 'eval()', 'evaluate(x)'],
  },
  'py-none-equality': {
    finds: ['if a == None: pass', 'a != None', 'None == a', 'return_ = [x for x in xs if x.y != None]'],
    leaves: ['a is None', 'a is not None', 'a == "None"', 'f(a=None)', 'None in xs', 'a == b and b is None', 'a in (None, 1)'],
  },
  'py-assert-tuple': {
    finds: ['assert (a, "message")', 'assert (a == b, b == c)', 'assert (a, b), "message"', 'def t():\n    assert (  # !!\n        a,\n        "m",\n    )\n'],
    leaves: ['assert a, "message"', 'assert (a)', 'assert (a == b), "message"', 'assert (a,)', 'assert f((a, b))', 'assert (a, b) == (1, 2)'],
  },
  'py-shell-true': {
    finds: ['subprocess.run(cmd, shell=True)', 'subprocess.Popen("ls | wc", stdout=PIPE, shell=True)', 'os.system(f"rm {x}")', 'os.system("rm " + x)', 'check_output(cmd, shell=True)', 'os.system(cmd)'],
    leaves: ['subprocess.run(["ls"])', 'subprocess.run(cmd, shell=False)', 'os.system("clear")', 'run(cmd)', 'Config(shell=True)', 'subprocess.run(cmd, shell=use_shell)', 'myos.system(x)'],
  },
  'py-yaml-load': {
    finds: ['yaml.load(f)', 'x = yaml.load(open(p).read())', 'yaml.load(stream=f)', 'def f():\n    return yaml.load(text)  # !!\n'],
    leaves: ['yaml.safe_load(f)', 'yaml.load(f, Loader=yaml.SafeLoader)', 'yaml.load(f, SafeLoader)', 'json.load(f)', 'yaml.load(f, **options)', 'yaml.dump(x)'],
  },
  'py-tls-off': {
    finds: ['requests.get(url, verify=False)', 'session.post(url, json=x, verify = False)', 'httpx.Client(verify=False)', 'requests.get(\n    url,\n    verify=False,  # !!\n)'],
    leaves: ['requests.get(url, verify=True)', 'requests.get(url, verify=ca)', 'def get(url, verify=False): pass', 'verify = False', 'get(url, {"verify": False})'],
  },
  'py-star-import': {
    finds: ['from os import *', 'from .models import *', 'import a\nfrom b.c import *  # !!', { path: 'a/init.py', text: 'from x import *' }],
    leaves: ['from os import path', 'import os', { path: 'pkg/__init__.py', text: 'from .a import *' }, 'x = a * b', 'print(*args)'],
  },
});

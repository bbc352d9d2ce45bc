"""Greet somebody on record: the smallest experiment, without any framework.

$ python 02_hello.py with name=Ada times=2
hello/1  results/hello/1
Hello Ada!
Hello Ada!
hello/1  COMPLETED in 0.02 s  letters 6

What it was told, printed and measured stands in plain files:

$ ls results/hello/1
flags.json
metrics.jsonl
output.txt
requirements.txt
run.json
run.lock
sources
summary.json
trust.json
$ cat results/hello/1/output.txt
hello/1  results/hello/1
Hello Ada!
Hello Ada!
hello/1  COMPLETED in 0.02 s  letters 6
$ cat results/hello/1/metrics.jsonl
{"step":1,"time":0.0151,"letters":3}
{"step":2,"time":0.0152,"letters":6}

The type of a default is the type of its parameter. Mistakes are told all at once,
before anything runs:

$ python 02_hello.py with nam=Ada times=often
forge: error: unknown parameter 'nam'. Did you mean name?
  parameters: name, times, seed
forge: error: times=often: expected int, got 'often'.

A seed is drawn unless it is given, and is recorded with the rest:

$ python 02_hello.py print_config with seed=1
  name  = 'World'
  times = 3
* seed  = 1        # command line; default None
"""

import forge


@forge.experiment
def hello(name="World", times=3, *, _run: forge.Run):
    """Say hello again and again."""
    for step in range(1, times + 1):
        print(f"Hello {name}!")
        _run.log(letters=step * len(name), step=step)
    return {"letters": times * len(name)}


if __name__ == "__main__":
    hello.main()

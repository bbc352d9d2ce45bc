"""Train a model that two config files describe, in a graph of TensorFlow.

Without arguments the script trains the model of configs/digits_mlp.py with the data of
configs/digits_data.py, in the run folder checkpoints/digits/1:

$ export TF_CPP_MIN_LOG_LEVEL=2
$ python train.py
digits/1  checkpoints/digits/1
Number of trainable parameters: 4,810
test accuracy after 500 steps: 0.922
digits/1  COMPLETED in 2.1 s

Every flag of the script and of both config files is set on the command line, and the
files themselves are flags:

$ python train.py --data_config=configs/digits_data.py --n_hidden=16 --train_itr=200
digits/2  checkpoints/digits/2
Number of trainable parameters: 1,210
test accuracy after 200 steps: 0.691
digits/2  COMPLETED in 1.2 s

Mistakes cost nothing:

$ python train.py --n_hiden=16 --batch_size=many
forge: error: --batch_size=many: expected a whole number (configs/digits_data.py:10).
forge: error: no flag is called --n_hiden. Did you mean --n_hidden?
  flags: --batch_size, --checkpoint_dir, --data_config, --learning_rate, \
--model_config, --n_hidden, --resume, --run_name, --save_itr, --seed, \
--test_fraction, --train_itr

The newest run goes on with its flags, from its last checkpoint:

$ python train.py --resume --train_itr=400
digits/2  checkpoints/digits/2  goes on after step 200
note: train_itr was 200 in digits/2, and is 400 from now on
Number of trainable parameters: 1,210
test accuracy after 400 steps: 0.861
digits/2  COMPLETED in 1.2 s

load_model_from_checkpoint.py and model_in_notebook.ipynb go on from these runs.
"""

import tensorflow.compat.v1 as tf

import forge
import forge.experiment_tools as fet
from forge import flags


tf.disable_eager_execution()

flags.DEFINE_string("data_config", "configs/digits_data.py", "The data config file.")
flags.DEFINE_string("model_config", "configs/digits_mlp.py", "The model config file.")
flags.DEFINE_string("checkpoint_dir", "checkpoints", "Where all runs are kept.")
flags.DEFINE_string("run_name", "digits", "The folder there for these runs.")
flags.DEFINE_boolean("resume", False, "Whether to go on with the newest run.")

flags.DEFINE_integer("train_itr", 500, "How many steps to train.")
flags.DEFINE_integer("save_itr", 200, "How many steps lie between two checkpoints.")
flags.DEFINE_float("learning_rate", 1e-3, "The learning rate of Adam.")
flags.DEFINE_integer("seed", 1, "What all random numbers begin with.")

config = forge.config()

# The folder of this run; what is wrong with a config file is said before it is made.
logdir = f"{config.checkpoint_dir}/{config.run_name}"
logdir, resume_checkpoint = fet.init_checkpoint(
    logdir, config.data_config, config.model_config, config.resume
)

# The graph.
tf.reset_default_graph()
tf.set_random_seed(config.seed)
data = fet.load(config.data_config, config)
model = fet.load(config.model_config, config, **data)
global_step = tf.train.get_or_create_global_step()
optimizer = tf.train.AdamOptimizer(config.learning_rate)
train_step = optimizer.minimize(model["loss"], global_step)
fet.print_num_params()

saver = tf.train.Saver(max_to_keep=100)
with fet.get_session() as session:
    session.run(tf.global_variables_initializer())
    if resume_checkpoint is not None:
        saver.restore(session, resume_checkpoint)

    run = forge.current_run()
    for step in range(session.run(global_step) + 1, config.train_itr + 1):
        loss, _ = session.run([model["loss"], train_step])
        run.log(loss=loss, step=step)
        if step % config.save_itr == 0 or step == config.train_itr:
            saver.save(session, f"{logdir}/model.ckpt", step)

    accuracy = session.run(model["accuracy"])
    run.log(accuracy=accuracy, step=config.train_itr)
    print(f"test accuracy after {config.train_itr} steps: {accuracy:.3f}")

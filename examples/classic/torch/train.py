"""Train a model that two config files describe, with PyTorch.

$ python train.py
digits/1  checkpoints/digits/1
Number of trainable parameters: 4,810
test accuracy after 500 steps: 0.903
digits/1  COMPLETED in 2.1 s
$ python train.py --n_hidden=16 --train_itr=200
digits/2  checkpoints/digits/2
Number of trainable parameters: 1,210
test accuracy after 200 steps: 0.825
digits/2  COMPLETED in 1.2 s
$ python train.py --resume --train_itr=400
digits/2  checkpoints/digits/2  goes on after step 200
note: train_itr was 200 in digits/2, and is 400 from now on
Number of trainable parameters: 1,210
test accuracy after 400 steps: 0.886
digits/2  COMPLETED in 1.2 s

load_model_from_checkpoint.py and model_in_notebook.ipynb go on from these runs.
"""

import torch
from torch.nn.functional import cross_entropy

import forge
import forge.experiment_tools as fet
from forge import flags


flags.DEFINE_string("data_config", "configs/digits_data.py", "The data config file.")
flags.DEFINE_string("model_config", "configs/digits_mlp.py", "The model config file.")
flags.DEFINE_string("checkpoint_dir", "checkpoints", "Where all runs are kept.")
flags.DEFINE_string("run_name", "digits", "The folder there for these runs.")
flags.DEFINE_boolean("resume", False, "Whether to go on with the newest run.")

flags.DEFINE_integer("train_itr", 500, "How many steps to train.")
flags.DEFINE_integer("save_itr", 200, "How many steps lie between two checkpoints.")
flags.DEFINE_integer("batch_size", 32, "How many images a minibatch has.")
flags.DEFINE_integer("seed", 1, "What all random numbers begin with.")


def main(config):
    logdir = f"{config.checkpoint_dir}/{config.run_name}"
    fet.init_checkpoint(logdir, config.data_config, config.model_config, config.resume)

    torch.manual_seed(config.seed)
    data = fet.load(config.data_config, config)
    loaded = fet.load(config.model_config, config, **data)
    model, optimizer = loaded["model"], loaded["optimizer"]
    fet.print_num_params(model)

    run = forge.current_run()
    run.restore(**loaded)  # nothing on a fresh run
    batches = torch.utils.data.DataLoader(
        data["train"], config.batch_size, shuffle=True
    )
    for step, (images, labels) in run.track(batches, stop=config.train_itr):
        loss = cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log(loss=loss, step=step)
        if step % config.save_itr == 0:
            run.checkpoint(step=step, **loaded)

    images, labels = data["test"]
    accuracy = (model(images).argmax(1) == labels).float().mean().item()
    run.log(accuracy=accuracy, step=config.train_itr)
    print(f"test accuracy after {config.train_itr} steps: {accuracy:.3f}")


if __name__ == "__main__":
    main(forge.config())

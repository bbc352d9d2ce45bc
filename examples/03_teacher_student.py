"""Distil a large network into a small one: two model slots in one experiment.

A hundred images are labelled, the others are not. The teacher, a convolutional network
of 21,386 weights, learns from the labels. The student has 1,210 weights and learns what
the teacher thinks of all images; it is never told a label:

$ export TF_CPP_MIN_LOG_LEVEL=2
$ python 03_teacher_student.py with seed=1
distill/1  results/distill/1
distill/1  COMPLETED in 10.2 s  teacher 0.9222  student 0.9250

That is better than what the same student makes of the labels alone. (The seed makes
the two comparable; with seeds 2 and 3 the gain is two to three hundredths.)

$ python 03_teacher_student.py with seed=1 taught=no
distill/2  results/distill/2
distill/2  COMPLETED in 9.8 s  teacher 0.9222  student 0.8806

Each slot can hold any model, and has parameters of its own, so that a name that both
have must be written in full:

$ python 03_teacher_student.py print_config with teacher=mlp hidden=64
forge: error: 'hidden' is ambiguous, 2 places have it:
    teacher.hidden = (128,)    (model mlp)
    student.hidden = (16,)     (model mlp)
  Write the full name, e.g.  with student.hidden=...   or both:  with '*.hidden=...'
"""

import forge


@forge.dataset
def digits(batch_size, labelled=100, test_fraction=0.2):
    """Load handwritten digits, and pretend that few of them are labelled."""
    import tensorflow as tf
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        (data.images / 16).astype("float32"),
        data.target,
        test_size=test_fraction,
        stratify=data.target,
        random_state=0,
    )

    def batches(*arrays):
        data = tf.data.Dataset.from_tensor_slices(arrays).shuffle(len(arrays[0]))
        return data.batch(batch_size, drop_remainder=True)

    return {
        "labelled": batches(x_train[:labelled], y_train[:labelled]),
        "images": batches(x_train),
        "test": (x_test, y_test),
        "image_shape": x_train.shape[1:],
        "n_classes": 10,
    }


@forge.model
def mlp(image_shape, n_classes, hidden=(128,)):
    """Hidden layers of so many units."""
    import keras

    model = keras.Sequential([keras.Input(image_shape), keras.layers.Flatten()])
    for units in hidden:
        model.add(keras.layers.Dense(units, activation="relu"))
    model.add(keras.layers.Dense(n_classes))
    return model


@forge.model
def cnn(image_shape, n_classes, filters=(32, 64)):
    """Convolutions of so many filters, each followed by pooling."""
    import keras

    model = keras.Sequential(
        [keras.Input(image_shape), keras.layers.Reshape((*image_shape, 1))]
    )
    for n in filters:
        model.add(keras.layers.Conv2D(n, 3, padding="same", activation="relu"))
        model.add(keras.layers.MaxPooling2D())
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(n_classes))
    return model


def make_train_step(model, optimizer, loss_of):
    """Compile one step of training."""
    import tensorflow as tf

    optimizer.build(model.trainable_variables)

    @tf.function
    def train_step(*batch):
        with tf.GradientTape() as tape:
            loss = loss_of(*batch)
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    return train_step


def learn_labels(model):
    """Return the loss of a model that is told the labels."""
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return lambda x, y: loss(y, model(x, training=True))


def learn_from(teacher, student, temperature):
    """Return the loss of a student that hears what the teacher thinks."""
    import keras

    loss = keras.losses.CategoricalCrossentropy(from_logits=True)

    def loss_of(x):
        opinion = keras.ops.softmax(teacher(x, training=False) / temperature)
        # Soft targets have small gradients; the square makes up for it.
        return temperature**2 * loss(opinion, student(x, training=True) / temperature)

    return loss_of


def evaluate(model, examples):
    """Return the share of images that the model recognises."""
    x, y = examples
    return float((model.predict(x, verbose=0).argmax(axis=-1) == y).mean())


@forge.experiment
def distill(
    dataset=digits,
    teacher=cnn,
    student=forge.slot(mlp, hidden=(16,)),
    batch_size=32,
    learning_rate=3e-3,
    teacher_steps=200,
    student_steps=1000,
    taught=True,
    temperature=2.0,
    *,
    _run: forge.Run,
):
    """Train a teacher on the few labels, then a student on what the teacher thinks."""
    import keras

    teaching = keras.optimizers.Adam(learning_rate)
    teach = make_train_step(teacher, teaching, learn_labels(teacher))

    lesson = learn_from(teacher, student, temperature)
    if not taught:  # for comparison: the student has to make do with the labels
        lesson = learn_labels(student)
    studying = keras.optimizers.Adam(learning_rate)
    study = make_train_step(student, studying, lesson)

    _run.restore(teacher=teacher, student=student, teaching=teaching, studying=studying)
    for step, batch in _run.track(dataset["labelled"], stop=teacher_steps):
        _run.log({"teacher/loss": teach(*batch)}, step=step)
        if step == teacher_steps:
            _run.checkpoint()

    # Steps are counted over the whole run: these go on after the teacher's.
    lessons = dataset["images" if taught else "labelled"]
    for step, batch in _run.track(lessons, stop=teacher_steps + student_steps):
        _run.log({"student/loss": study(*batch)}, step=step)
    return {
        "teacher": evaluate(teacher, dataset["test"]),
        "student": evaluate(student, dataset["test"]),
    }


if __name__ == "__main__":
    distill.main()

"""A network with one hidden layer, as variables and tensors of a graph."""

import tensorflow.compat.v1 as tf

from forge import flags


flags.DEFINE_integer("n_hidden", 64, "How many units the hidden layer has.")


def load(config, train, test, n_classes, **unused):
    n_pixels = test["images"].shape[1]

    def logits(images):
        with tf.variable_scope("mlp", reuse=tf.AUTO_REUSE):
            w = tf.get_variable("hidden/w", [n_pixels, config.n_hidden])
            b = tf.get_variable("hidden/b", [config.n_hidden])
            hidden = tf.nn.relu(tf.matmul(images, w) + b)
            w = tf.get_variable("output/w", [config.n_hidden, n_classes])
            b = tf.get_variable("output/b", [n_classes])
            return tf.matmul(hidden, w) + b

    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=train["labels"], logits=logits(train["images"])
        )
    )
    predicted = tf.argmax(logits(tf.constant(test["images"])), axis=1)
    correct = tf.equal(predicted, tf.constant(test["labels"], tf.int64))
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
    return {"loss": loss, "accuracy": accuracy, "predicted": predicted}

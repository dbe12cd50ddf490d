"""The shipped intent classifier: which act a message is, in French as residents type it."""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components import intent_model, quiet_logs, rasa_speed, word_vectors, written_french
from bot.components.intent_model import IntentModel
from bot.components.word_vectors import average_vector, load_language
from bot.components.written_french import COMMUNE_MARK, NUMBER_MARK, Mask, fold, load_commune_names, normalise

if TYPE_CHECKING:
    from spacy.language import Language

quiet_logs.install()
rasa_speed.install()

RANKING_LENGTH = 3  # what one looks at in `rasa shell nlu`
HIDDEN_NAMES = "hidden_names.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FrenchIntentClassifier(IntentClassifier, GraphComponent):
    """TF-IDF of words and letters on normalised French, and averaged spaCy vectors as a second voice."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "spacy_model": "fr_core_news_md",  # null: the first voice alone
            "vector_weight": 0.3,
            "term_strength": 12.0,
            "vector_strength": 30.0,
            "territory": "data/territoire",  # where the names of communes to hide are read, at training only
            "threshold": 0.2,  # below, the act is `nlu_fallback`: the gateway's search is asked
            "sure_threshold": 0.35,  # the same for the acts below, which are answered without a search
            "unknown_words_threshold": 0.6,  # the same, for any act, when no word of the message has been learnt
            "sure_acts": [],
        }

    @staticmethod
    def required_packages() -> List[Text]:
        return ["sklearn", "spacy"]

    @classmethod
    def required_components(cls) -> List[Type]:
        return []

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self.config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model: Optional[IntentModel] = None
        self._mask = Mask({})
        self._language: Optional[Language] = None
        if config["spacy_model"]:
            self._language = load_language(config["spacy_model"])

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FrenchIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Tell Rasa's training cache what else the result depends on: the names hidden, the code of the model."""
        digest = hashlib.sha256("|".join(load_commune_names(Path(config["territory"]))).encode())
        for module in (written_french, intent_model, word_vectors):
            digest.update(inspect.getsource(module).encode())
        return digest.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples and keep arrays and names in the model's archive."""
        names = self._list_hidden_names(training_data)
        self._mask = Mask(names)
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        documents = [normalise(message.get(TEXT), self._mask) for message in examples]
        vectors = [self._vector_of(words) for words in documents]
        self._model = IntentModel.learn(
            documents,
            [message.get(INTENT) for message in examples],
            np.array(vectors) if self._language is not None else None,
            self.config["vector_weight"],
            self.config["term_strength"],
            self.config["vector_strength"],
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
            (folder / HIDDEN_NAMES).write_text(json.dumps(names), encoding="utf-8")
        return self._resource

    def _list_hidden_names(self, training_data: TrainingData) -> Dict[str, List[str]]:
        """Return, by mark, the names of the lookup tables and those of the communes."""
        tables = {f"x{table['name']}": table["elements"] for table in training_data.lookup_tables}
        names = {mark: sorted(fold(name) for name in elements) for mark, elements in tables.items()}
        return {**names, COMMUNE_MARK: load_commune_names(Path(self.config["territory"]))}

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FrenchIntentClassifier:
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._model = IntentModel.load(folder)
            classifier._mask = Mask(json.loads((folder / HIDDEN_NAMES).read_text(encoding="utf-8")))
        return classifier

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        words = normalise(message.get(TEXT) or "", self._mask)
        ranking = self._rank(words)
        if not ranking or self._is_doubtful(words, ranking[0]):
            ranking.insert(0, {INTENT_NAME_KEY: FALLBACK, PREDICTED_CONFIDENCE_KEY: self.config["threshold"]})
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)

    def _rank(self, words: List[str]) -> List[Dict[str, Any]]:
        """Return the likeliest acts first; none for a message without a letter or a digit."""
        if self._model is None or not words:
            return []
        probabilities = self._model.rank(words, self._vector_of(words))
        return [
            {INTENT_NAME_KEY: self._model.intents[index], PREDICTED_CONFIDENCE_KEY: float(probabilities[index])}
            for index in np.argsort(-probabilities)[:RANKING_LENGTH]
        ]

    def _is_doubtful(self, words: List[str], best: Dict[str, Any]) -> bool:
        if set(words) == {NUMBER_MARK}:  # what a number alone chooses, the gateway knows
            return True
        needed = "sure_threshold" if best[INTENT_NAME_KEY] in self.config["sure_acts"] else "threshold"
        if self._model is not None and not self._model.knows_any(words):
            if best[INTENT_NAME_KEY] == "out_of_scope":  # words never learnt tell nothing, not even that
                return True
            needed = "unknown_words_threshold"
        return bool(best[PREDICTED_CONFIDENCE_KEY] < self.config[needed])

    def _vector_of(self, words: List[str]) -> Optional[np.ndarray]:
        return None if self._language is None else average_vector(self._language, words)

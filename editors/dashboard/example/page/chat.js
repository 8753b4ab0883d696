// The page of the chat. Everything that it shows comes from the history and from events, each of which has a number: a
// page that is loaded again in mid-turn shows the same as one that was there all the time.

const conversation = document.getElementById('conversation');
const state = document.getElementById('state');
const text = document.getElementById('text');
const stop = document.getElementById('stop');
const study = document.getElementById('study');

// The token came in the fragment, which a browser sends to nobody. It is kept for a reload, and taken out of sight.
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) {
  sessionStorage.setItem('token', given);
  history.replaceState(null, '', location.pathname);
}

/** The elements by the id of what they show: a message, a tool's call, a permission. */
let shown = new Map();
let socket;
let delay = 250;

function connect() {
  const url = `${location.origin.replace(/^http/, 'ws')}/chat`;
  socket = new WebSocket(url, ['claude-bridge', `token.${sessionStorage.getItem('token') ?? ''}`]);
  socket.onopen = () => tell({ sessionId: sessionStorage.getItem('sessionId') });
  socket.onmessage = ({ data }) => take(JSON.parse(data));
  socket.onclose = () => {
    state.textContent = 'disconnected';
    setTimeout(connect, delay);
    delay = Math.min(delay * 2, 5000);
  };
}

function tell(wish) {
  socket.send(JSON.stringify(wish));
}

function take(told) {
  const atEnd = conversation.scrollHeight - conversation.scrollTop - conversation.clientHeight < 40;
  if (told.type === 'history') showHistory(told);
  else if (told.type === 'event') showEvent(told.event);
  else if (told.type === 'problem') add('note', null, told.message);
  if (atEnd || told.type === 'history') conversation.scrollTop = conversation.scrollHeight;
}

function showHistory({ session, messages, permissions, studies }) {
  delay = 250;
  sessionStorage.setItem('sessionId', session.id);
  shown = new Map();
  conversation.replaceChildren();
  messages.forEach(showMessage);
  permissions.forEach(showPermission);
  offer(studies);
  showSession(session);
}

function showEvent(event) {
  switch (event.kind) {
    case 'textDelta': return append('answer', event);
    case 'thinkingDelta': return append('thinking', event);
    case 'message': return showMessage(event.message);
    case 'toolCall': return add('tool', event.toolUseId, event.title);
    case 'toolResult': return finishTool(event.toolUseId, event.isError);
    case 'permissionRequested': return showPermission(event.permission);
    case 'permissionResolved': return shown.get(event.permissionId)?.remove();
    case 'sessionChanged': return showSession(event.session);
    case 'turnStarted': return showState('running');
    case 'status': state.textContent = event.detail ?? event.status; return;
    case 'notice': return void add('note', null, event.text);
    case 'turnCompleted': return endTurn(event.turn);
  }
}

/** More of a text. Of what came twice the part that is known is left out: offsets are in bytes of UTF-8. */
function append(kind, { itemId, text: more, offset }) {
  const element = shown.get(itemId) ?? add(kind, itemId, '');
  const known = new TextEncoder().encode(element.textContent).length;
  const rest = new TextEncoder().encode(more).slice(Math.max(known - offset, 0));
  element.append(new TextDecoder().decode(rest));
}

/** A message that is complete takes the place of its deltas. */
function showMessage({ id, role, content }) {
  for (const block of content) {
    if (block.type === 'text') replace(role === 'user' ? 'user' : 'answer', id, block.text);
    else if (block.type === 'thinking') replace('thinking', id, block.text);
    else if (block.type === 'toolUse') add('tool', block.toolUseId, titleOf(block));
    else if (block.type === 'toolResult') finishTool(block.toolUseId, block.isError);
  }
}

/** What a call does. Of a call that is in the history we know what it was called with, but not how it was announced. */
function titleOf({ name, input }) {
  const about = input.file_path?.split('/').pop() ?? input.command ?? input.pattern ?? input.description ?? '';
  return `${name} ${about}`;
}

function replace(kind, id, content) {
  const element = shown.get(id) ?? add(kind, id, '');
  element.textContent = content;
}

function add(kind, id, content) {
  if (id && shown.has(id)) return shown.get(id);
  const element = document.createElement('div');
  element.className = kind;
  element.textContent = content;
  if (id) shown.set(id, element);
  conversation.append(element);
  return element;
}

function finishTool(id, failed) {
  shown.get(id)?.classList.add(failed ? 'failed' : 'done');
}

function showPermission(permission) {
  if (shown.get(permission.id)?.isConnected) return;
  const card = add('permission', permission.id, permission.title);
  if (permission.kind === 'question') return showQuestions(card, permission);
  const details = document.createElement('pre');
  details.textContent = permission.input.plan ?? JSON.stringify(permission.input, null, 2);
  const buttons = document.createElement('div');
  buttons.append(
    button('Allow', 'allow', () => answer(permission, { behavior: 'allow' })),
    ...(permission.suggestions ?? []).slice(0, 1).map(({ id, label }) =>
      button(`${label} from now on`, '', () => answer(permission, { behavior: 'allow', suggestionId: id, scope: 'session' }))),
    button('Deny', '', () => answer(permission, { behavior: 'deny' })),
  );
  card.append(details, buttons);
}

function showQuestions(card, permission) {
  const answers = {};
  for (const { question, options } of permission.questions) {
    const buttons = document.createElement('div');
    for (const { label } of options) {
      buttons.append(button(label, '', () => {
        answers[question] = label;
        if (permission.questions.every(({ question: one }) => one in answers)) answer(permission, { behavior: 'allow', answers });
      }));
    }
    card.append(Object.assign(document.createElement('p'), { textContent: question }), buttons);
  }
}

function answer({ id }, said) {
  tell({ type: 'answer', permissionId: id, answer: said });
}

function button(label, kind, act) {
  const element = Object.assign(document.createElement('button'), { type: 'button', className: kind, textContent: label });
  element.onclick = act;
  return element;
}

function endTurn(turn) {
  showState('idle');
  if (turn.error) add('note', null, turn.error.message);
  else if (turn.stopReason !== 'completed') add('note', null, turn.stopReason);
}

function showSession(session) {
  showState(session.state);
  study.value = session.studyId ?? '';
}

/** The studies that there are, to choose from. */
function offer(studies) {
  study.replaceChildren(new Option('no study', ''), ...studies.map(({ id }) => new Option(id, id)));
  study.hidden = studies.length === 0;
}

function showState(name) {
  const busy = name === 'running' || name === 'waiting';
  state.textContent = busy ? 'working…' : 'ready';
  stop.hidden = !busy;
}

document.getElementById('form').onsubmit = (submitted) => {
  submitted.preventDefault();
  if (!text.value.trim()) return;
  tell({ type: 'send', text: text.value });
  text.value = '';
};
text.onkeydown = (key) => {
  if (key.key === 'Enter' && !key.shiftKey) {
    key.preventDefault();
    document.getElementById('form').requestSubmit();
  }
};
study.onchange = () => tell({ type: 'study', studyId: study.value || null });
stop.onclick = () => tell({ type: 'interrupt' });
document.getElementById('new').onclick = () => {
  sessionStorage.removeItem('sessionId');
  location.reload();
};

connect();

// The page: fetches lists from the API and shows them. No request says which tenant it is for: the host does.
//
// Whatever comes from the API goes into the page as text (`textContent`), so none of it is ever read as HTML.
'use strict';

const element = (id) => document.getElementById(id);
const path = (...parts) => '/api/' + parts.map(encodeURIComponent).join('/');
let chosen = null;

function fail(message) {
  element('error').textContent = message;
  element('error').hidden = !message;
}

async function call(method, where, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers['content-type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  const response = await fetch(where, options);
  // The session is over, or it is no member's any more: the landing page says where to log in.
  if (response.status === 401 || response.status === 403) {
    location.replace('/');
    return new Promise(() => {});
  }
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  let detail = text;
  try { detail = JSON.parse(text).detail; } catch { /* It is no problem document. */ }
  throw Object.assign(new Error(detail || 'That did not work.'), { status: response.status });
}

// What a person does: errors are shown, and gone with the next attempt.
async function attempt(action) {
  fail('');
  try { await action(); } catch (error) { fail(error.message); }
}

function item(...children) {
  const li = document.createElement('li');
  li.append(...children);
  return li;
}

function button(text, label, action) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  if (label) made.setAttribute('aria-label', label);
  made.addEventListener('click', () => attempt(action));
  return made;
}

function span(text) {
  const made = document.createElement('span');
  made.textContent = text;
  return made;
}

const show = {
  async projects() {
    const projects = await call('GET', path('projects'));
    element('projects').replaceChildren(...projects.map((project) => {
      const open = button(project.name, '', () => { chosen = project; return show.project(); });
      if (chosen && chosen.id === project.id) {
        chosen = project;
        open.setAttribute('aria-current', 'true');
      }
      return item(open);
    }));
    if (chosen && !projects.some((project) => project.id === chosen.id)) chosen = null;
    await show.tasks();
  },

  async project() {
    element('project-rename').value = chosen.name;
    await show.projects();
  },

  async tasks() {
    element('project').hidden = !chosen;
    if (!chosen) return;
    const of = chosen;
    const tasks = await call('GET', path('projects', of.id, 'tasks'));
    // Another one may have been chosen meanwhile.
    if (chosen !== of) return;
    element('project-title').textContent = of.name;
    element('tasks').replaceChildren(...tasks.map((task) => {
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.checked = task.done;
      box.addEventListener('change', () => attempt(() =>
        call('PATCH', path('projects', of.id, 'tasks', task.id), { done: box.checked })));
      const label = document.createElement('label');
      label.append(box, span(task.title));
      return item(label);
    }));
  },

  async members() {
    const members = await call('GET', path('members'));
    element('members').replaceChildren(...members.map((subject) =>
      item(span(subject), button('Expel', `Expel ${subject}`, () => call('DELETE', path('members', subject))))));
  },

  async keys() {
    const keys = await call('GET', path('keys'));
    element('keys').replaceChildren(...keys.map((key) =>
      item(span(`${key.name} (${key.subject})`),
        button('Revoke', `Revoke ${key.name}`, () => call('DELETE', path('keys', key.id))))));
  },

  async all() {
    await Promise.all([show.projects(), show.members(), show.keys()]);
  },
};

// A form with one field: sends it, and is empty again.
function onSubmit(form, field, action) {
  element(form).addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(async () => {
      await action(element(field).value);
      if (form.startsWith('add-')) element(field).value = '';
    });
  });
}

onSubmit('add-project', 'project-name', async (name) => {
  chosen = await call('POST', path('projects'), { name });
  await show.project();
});
onSubmit('add-task', 'task-title', (title) => call('POST', path('projects', chosen.id, 'tasks'), { title }));
onSubmit('rename-project', 'project-rename', (name) => call('PATCH', path('projects', chosen.id), { name }));
onSubmit('add-member', 'member-subject', (subject) => call('POST', path('members'), { subject }));
onSubmit('add-key', 'key-name', async (name) => {
  const issued = await call('POST', path('keys'), { name });
  element('new-key-text').textContent = issued.key;
  element('new-key').hidden = false;
});
element('delete-project').addEventListener('click', () => attempt(() =>
  call('DELETE', path('projects', chosen.id))));
element('logout').addEventListener('click', () => attempt(async () => {
  await call('POST', '/logout');
  location.replace('/');
}));

// What others change, in other windows, is told by name and fetched again. The first event says `all`.
function listen() {
  const events = new EventSource(path('events'));
  events.onmessage = (event) => {
    // A project that somebody else has just deleted is an error of nobody's.
    show[event.data]().catch((error) => { if (error.status !== 404) fail(error.message); });
  };
  // It connects again by itself, unless it was refused: then the API says why.
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) attempt(show.all); };
}

attempt(async () => {
  const me = await call('GET', path('me'));
  element('tenant').textContent = me.tenant;
  element('subject').textContent = me.subject;
  listen();
});

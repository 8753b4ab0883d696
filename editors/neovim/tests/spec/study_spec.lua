local editors = require('support.editor')

describe('the study of a session', function()
  local editor

  before_each(function()
    editor = editors.start({ plugin = { settings = { profile = 'atomizer' } } })
    editor:file('studies/beam/optimization_config.json', { '{"name": "beam"}' })
    editor:file('studies/mirror/bracket/1_setup/optimization_config.json', { '{"name": "bracket"}' })
  end)

  after_each(editors.stop_all)

  local function winbar()
    return editor:lua('return vim.wo[vim.fn.bufwinid(test.chat().buf)].winbar')
  end

  local function status()
    return editor:lua("return require('claude-bridge').status()")
  end

  --- What the server has, not what the chat believes.
  local function kept()
    local id = editor:lua('return test.chat().session.id')
    return editor:request('session/get', { sessionId = id }).session.studyId
  end

  it('is chosen, shown where the session is shown, and taken away', function()
    editor:say('Hello fast')
    editor:cmd('ClaudeStudy')
    local asked = editor:asked()
    assert.equal('The study is none', asked.prompt)
    assert.same({ 'beam', 'mirror/bracket', 'No study (now)' }, asked.labels)
    editor:pick('mirror/bracket')
    editor:wait("test.chat().session.studyId == 'mirror/bracket'")
    assert.equal('mirror/bracket', kept())
    assert.is_not_nil(winbar():find('· mirror/bracket ·', 1, true), winbar())
    assert.is_not_nil(status():find('mirror/bracket', 1, true), status())
    assert.equal('mirror/bracket', editor:lua("return require('claude-bridge').state().study"))
    editor:cmd('ClaudeSessions')
    assert.is_not_nil(editor:asked().labels[1]:find('· mirror/bracket ·', 1, true))
    editor:dismiss()

    editor:cmd('ClaudeStudy')
    asked = editor:asked()
    assert.equal('The study is mirror/bracket', asked.prompt)
    assert.same({ 'beam', 'mirror/bracket (now)', 'No study' }, asked.labels)
    editor:pick('No study')
    editor:wait('test.chat().session.studyId == nil')
    assert.is_nil(kept())
    assert.is_nil(winbar():find('bracket', 1, true), winbar())
    assert.is_nil(status():find('bracket', 1, true), status())
  end)

  it('is named, completed, and taken away by !', function()
    editor:say('Hello fast')
    assert.same({ 'beam' }, editor:lua("return vim.fn.getcompletion('ClaudeStudy be', 'cmdline')"))
    editor:cmd('ClaudeStudy beam')
    editor:wait("test.chat().session.studyId == 'beam'")
    editor:cmd('ClaudeStudy!')
    editor:wait('test.chat().session.studyId == nil')
    assert.is_nil(kept())
  end)

  it('that there is not is refused, and the session keeps its own', function()
    editor:say('Hello fast')
    editor:cmd('ClaudeStudy beam')
    editor:wait("test.chat().session.studyId == 'beam'")
    editor:cmd('ClaudeStudy nobody')
    editor:told('nobody')
    assert.equal('beam', kept())
  end)

  it('is there again in a new Neovim', function()
    editor:say('Hello fast')
    editor:cmd('ClaudeStudy beam')
    editor:wait("test.chat().session.studyId == 'beam'")
    local home, id = editor.home, editor:lua('return test.chat().session.id')
    editor:stop()
    editor = editors.start({ home = home, plugin = { settings = { profile = 'atomizer' } } })
    editor:cmd('split claude://' .. id)
    editor:wait("test.chat().session and test.chat().session.studyId == 'beam'")
    assert.is_not_nil(winbar():find('· beam ·', 1, true), winbar())
  end)

  it('cannot be chosen where there are none', function()
    vim.fn.delete(editor.folder .. '/studies', 'rf')
    editor:say('Hello fast')
    editor:cmd('ClaudeStudy')
    editor:told('There are no studies here')
  end)
end)

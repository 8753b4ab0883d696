local editors = require('support.editor')

describe('after a crash', function()
  local editor

  before_each(function()
    editor = editors.start()
  end)

  after_each(editors.stop_all)

  --- Kills the server, and waits until there is another one.
  local function kill_server()
    local pid = editor:server()
    vim.uv.kill(pid, 'sigkill')
    assert.is_true(vim.wait(10000, function()
      return vim.uv.kill(pid, 0) ~= 0
    end, 5))
    editor:wait("require('claude-bridge.client').get() ~= nil")
  end

  it(
    'of the server in mid-turn, the text stays, the turn shows as interrupted, and the next message goes on',
    function()
      editor:say('first fast')
      editor:cmd('Claude long 500')
      -- The last words before a crash may never have been stored: that of the first ones is certain.
      editor:sees('words come and go like waves on a long beach words')
      kill_server()
      editor:sees('**Interrupted.**')
      assert.is_not_nil(editor:text():find('words come and go', 1, true))
      editor:wait('not test.chat().loading')
      editor:say('recall')
      editor:sees('- first fast')
      editor:notes()
    end
  )

  it('of the server at rest, nothing is missing', function()
    editor:say('think, then tool fast')
    local before = editor:lines()
    kill_server()
    editor:wait('not test.chat().loading and not test.chat().lost')
    assert.same(before, editor:lines())
    editor:say('recall')
    editor:sees('- think, then tool fast')
    editor:notes()
  end)

  it('of the server while Claude asks, the question is withdrawn', function()
    editor:file('notes.md', { '- Read the README' })
    editor:cmd('Claude edit')
    editor:asked()
    kill_server()
    editor:sees('**Interrupted.**')
    assert.equal(0, editor:lua("return require('claude-bridge').state().asking"))
    assert.equal(1, editor:lua('return #vim.api.nvim_list_tabpages()'))
    editor:notes()
  end)

  it('a message that is sent while there is no server is sent as soon as there is one', function()
    editor:say('first fast')
    local pid = editor:server()
    vim.uv.kill(pid, 'sigkill')
    editor:wait('test.chat().lost')
    editor:cmd('Claude recall')
    editor:sees('- first fast')
    editor:notes()
  end)

  it('of a server that cannot start, somebody is told, and nothing turns for ever', function()
    editor:stop()
    editor = editors.start({ plugin = { cmd = { '/bin/false' } } })
    editor:cmd('Claude Hello')
    editor:sees('claude-bridge ended')
    assert.is_true(editor:lua('return test.chat().spinner.words == nil'))
    editor:notes()
  end)
end)
